output "check_id" {
  description = "The uptime check, for `doctl monitoring uptime`, or null."
  value       = one(digitalocean_uptime_check.site[*].id)
}

output "watched" {
  description = "What is asked from outside, or null."
  value       = one(digitalocean_uptime_check.site[*].target)
}
