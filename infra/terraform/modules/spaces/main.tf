resource "digitalocean_spaces_bucket" "main" {
  for_each = var.buckets

  name          = "${var.prefix}-${each.key}"
  region        = var.region
  acl           = "private"
  force_destroy = false

  # Who holds the key that writes can overwrite. The version before is still there.
  versioning {
    enabled = true
  }

  lifecycle_rule {
    id                                     = "expire"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 2

    dynamic "expiration" {
      for_each = each.value.expire_days == null ? [] : [each.value.expire_days]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      days = each.value.noncurrent_days
    }
  }

  # A plan that would destroy backups fails. See "Leaving" in the README.
  lifecycle {
    prevent_destroy = true
  }
}
