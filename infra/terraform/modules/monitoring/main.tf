# Prometheus inside of the cluster sees more, but is silent when the cluster is away.
# These watch from outside.
resource "digitalocean_uptime_check" "site" {
  count = var.url == null ? 0 : 1

  name    = var.name
  target  = var.url
  type    = "https"
  regions = var.regions
  enabled = true
}

locals {
  uptime_alerts = {
    down    = { type = "down_global", period = "2m", comparison = null, threshold = null }
    slow    = { type = "latency", period = "5m", comparison = "greater_than", threshold = var.latency_ms }
    expires = { type = "ssl_expiry", period = "2m", comparison = "less_than", threshold = 14 }
  }

  # DOKS adds and removes nodes: the tag covers whichever there are.
  node_alerts = {
    cpu    = { type = "v1/insights/droplet/cpu", above = 90, window = "30m" }
    memory = { type = "v1/insights/droplet/memory_utilization_percent", above = 90, window = "10m" }
    disk   = { type = "v1/insights/droplet/disk_utilization_percent", above = 85, window = "5m" }
  }
}

resource "digitalocean_uptime_alert" "site" {
  for_each = { for name, alert in local.uptime_alerts : name => alert if var.url != null }

  name       = "${var.name}-${each.key}"
  check_id   = digitalocean_uptime_check.site[0].id
  type       = each.value.type
  period     = each.value.period
  comparison = each.value.comparison
  threshold  = each.value.threshold

  notifications {
    email = var.alert_emails
  }
}

resource "digitalocean_monitor_alert" "node" {
  for_each = { for name, alert in local.node_alerts : name => alert if var.node_tag != null }

  description = "${var.name}: a node's ${each.key} above ${each.value.above} %"
  type        = each.value.type
  compare     = "GreaterThan"
  value       = each.value.above
  window      = each.value.window
  tags        = [var.node_tag]
  enabled     = true

  alerts {
    email = var.alert_emails
  }
}
