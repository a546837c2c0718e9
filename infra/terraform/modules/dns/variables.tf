variable "domain" {
  description = "The zone, such as your-domain.org."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.domain)) && !can(regex("(^|[.])example[.](com|net|org)$", var.domain))
    error_message = "domain must be a name that you own, in lower case."
  }
}

variable "create_domain" {
  description = "Make the zone. False finds one that another environment made."
  type        = bool
}

variable "hosts" {
  description = "Names below the domain that lead to the address; @ is the domain itself."
  type        = set(string)

  validation {
    condition     = alltrue([for host in var.hosts : can(regex("^(@|[*]|([*][.])?[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$", host))])
    error_message = "hosts must be names without the domain, such as todo, or @."
  }
}

variable "address" {
  description = "IPv4 address of the gateway's load balancer or of the node. Null until there is one: then no host has a record."
  type        = string
  default     = null

  validation {
    condition     = var.address == null ? true : can(cidrhost("${var.address}/32", 0))
    error_message = "address must be an IPv4 address: 'kubectl get service -A' prints the load balancer's."
  }
}

variable "ttl" {
  description = "Seconds that a host's record may be remembered: how long a change of the address takes."
  type        = number
  default     = 300

  validation {
    condition     = var.ttl >= 30 && var.ttl <= 86400
    error_message = "ttl must be 30 to 86400 seconds."
  }
}
