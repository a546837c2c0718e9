locals {
  # Fewer than there are of anything else.
  regions = ["ams3", "fra1", "nyc3", "sfo3", "sgp1"]
}

resource "digitalocean_container_registry" "main" {
  count = var.create ? 1 : 0

  name                   = var.name
  region                 = contains(local.regions, var.region) ? var.region : null
  subscription_tier_slug = var.tier
}

data "digitalocean_container_registry" "existing" {
  count = var.create ? 0 : 1

  name = var.name
}
