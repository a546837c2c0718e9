locals {
  # A busy hour stays below these, and there is still time to add when one is passed.
  alerts = {
    cpu    = { type = "v1/dbaas/alerts/cpu_alerts", above = 85, window = "10m" }
    memory = { type = "v1/dbaas/alerts/memory_utilization_alerts", above = 90, window = "10m" }
    disk   = { type = "v1/dbaas/alerts/disk_utilization_alerts", above = 85, window = "5m" }
  }
}

resource "digitalocean_monitor_alert" "database" {
  for_each = local.alerts

  description = "${var.name}: PostgreSQL ${each.key} above ${each.value.above} %"
  type        = each.value.type
  compare     = "GreaterThan"
  value       = each.value.above
  window      = each.value.window
  entities    = [digitalocean_database_cluster.main.id]
  enabled     = true

  alerts {
    email = var.alert_emails
  }
}
