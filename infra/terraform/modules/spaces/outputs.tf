output "buckets" {
  description = "Names of the buckets, by the end of their names."
  value       = { for end, bucket in digitalocean_spaces_bucket.main : end => bucket.name }
}

output "endpoint" {
  description = "Where S3's clients reach the buckets."
  value       = "https://${var.region}.digitaloceanspaces.com"
}
