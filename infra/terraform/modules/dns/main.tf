resource "digitalocean_domain" "main" {
  count = var.create_domain ? 1 : 0

  name = var.domain
}

data "digitalocean_domain" "existing" {
  count = var.create_domain ? 0 : 1

  name = var.domain
}

locals {
  domain = var.create_domain ? digitalocean_domain.main[0].name : data.digitalocean_domain.existing[0].name
}

resource "digitalocean_record" "host" {
  for_each = var.address == null ? [] : var.hosts

  domain = local.domain
  type   = "A"
  name   = each.value
  value  = var.address
  ttl    = var.ttl
}

# Nobody but Let's Encrypt may issue a certificate for the site; the rest of the domain is
# not this environment's to decide.
resource "digitalocean_record" "certificate_authority" {
  for_each = var.address == null ? [] : var.hosts

  domain = local.domain
  type   = "CAA"
  name   = each.value
  value  = "letsencrypt.org."
  flags  = 0
  tag    = "issue"
  ttl    = 3600
}
