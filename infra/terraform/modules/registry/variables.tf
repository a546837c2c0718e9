variable "name" {
  description = "Name of the registry, unique among all of DigitalOcean's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 63 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "create" {
  description = "Make the registry. An account has one on the smaller plans: the second environment finds the first one's."
  type        = bool
}

variable "tier" {
  description = "Plan: starter has one repository and 500 MiB, basic five and 5 GiB, professional any number and 100 GiB."
  type        = string

  validation {
    condition     = contains(["starter", "basic", "professional"], var.tier)
    error_message = "tier must be starter, basic or professional."
  }
}

variable "region" {
  description = "Region of DigitalOcean, such as fra1. Where it has no registries, DigitalOcean chooses another."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3}[1-9]$", var.region))
    error_message = "region must be a slug such as fra1: 'doctl compute region list' prints them."
  }
}

