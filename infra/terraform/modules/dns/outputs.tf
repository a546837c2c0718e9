output "names" {
  description = "The full names that have, or will have, a record."
  value       = sort([for host in var.hosts : host == "@" ? var.domain : "${host}.${var.domain}"])
}

output "records" {
  description = "Hosts that have a record, with the address."
  value       = { for name, record in digitalocean_record.host : name => record.value }
}

output "authorities" {
  description = "Who may issue certificates, by host."
  value       = { for name, record in digitalocean_record.certificate_authority : name => record.value }
}
