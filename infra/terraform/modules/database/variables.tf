variable "name" {
  description = "Name of the environment; every resource is named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 30 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "region" {
  description = "Region of DigitalOcean, such as fra1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3}[1-9]$", var.region))
    error_message = "region must be a slug such as fra1: 'doctl compute region list' prints them."
  }
}

variable "postgres_version" {
  description = "Major version of PostgreSQL. A higher one upgrades in place."
  type        = string

  validation {
    condition     = contains(["15", "16", "17", "18"], var.postgres_version)
    error_message = "postgres_version must be 15, 16, 17 or 18."
  }
}

variable "size" {
  description = "Size of each node, such as db-s-1vcpu-1gb. It can grow, but not shrink."
  type        = string

  validation {
    condition     = can(regex("^(db|gd|so|so1_5|m|m3)-[a-z0-9-]+$", var.size))
    error_message = "size must be a slug such as db-s-1vcpu-1gb: 'doctl databases options slugs --engine pg' prints them."
  }
}

variable "node_count" {
  description = "1, or 2 or 3 with standbys that take over when the primary fails."
  type        = number

  validation {
    condition     = contains([1, 2, 3], var.node_count)
    error_message = "node_count must be 1, 2 or 3."
  }

  validation {
    condition     = var.node_count == 1 || var.size != "db-s-1vcpu-1gb"
    error_message = "node_count must be 1 with the size db-s-1vcpu-1gb: a standby needs 2 GB of memory."
  }
}

variable "storage_autoscale" {
  description = "Add 10 GiB whenever the disk is 80 % full. A full disk stops every write."
  type        = bool
}

variable "vpc_id" {
  description = "The VPC that the cluster is reached in."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "vpc_id must name a VPC: take the output of the module network."
  }
}

variable "kubernetes_cluster_id" {
  description = "The cluster whose nodes may connect."
  type        = string

  validation {
    condition     = length(var.kubernetes_cluster_id) > 0
    error_message = "kubernetes_cluster_id must name a cluster: take the output of the module cluster."
  }
}

variable "trusted_addresses" {
  description = "Addresses that may connect besides, such as an operator's."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.trusted_addresses : can(cidrhost("${address}/32", 0))])
    error_message = "trusted_addresses must be single IPv4 addresses such as 203.0.113.7; networks and IPv6 are not taken."
  }
}

variable "database" {
  description = "Name of the application's database."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database)) && var.database != "defaultdb"
    error_message = "database must be lower-case letters, digits and underscores, and not the server's own defaultdb."
  }
}

variable "users" {
  description = "Roles that functions sign in as. The application's migrations grant rights to them by name."
  type        = set(string)

  validation {
    condition     = alltrue([for user in var.users : can(regex("^[a-z][a-z0-9_]{0,62}$", user)) && user != "doadmin"])
    error_message = "users must be lower-case letters, digits and underscores, and not the server's own doadmin."
  }
}

variable "pools" {
  description = "Connection pools in transaction mode: pool name to the user it signs in as and its size."
  type        = map(object({ user = string, size = number }))
  default     = {}

  validation {
    condition     = alltrue([for pool in values(var.pools) : contains(var.users, pool.user)])
    error_message = "pools must name a user of users."
  }

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.size >= 1 && pool.size == floor(pool.size)])
    error_message = "pools need a size of 1 or more. Together they may have as many connections as the server, less 3."
  }
}

variable "maintenance" {
  description = "When updates are applied: a day, and an hour in UTC."
  type        = object({ day = string, start_time = string })

  validation {
    condition     = contains(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], var.maintenance.day)
    error_message = "maintenance.day must be a day in lower case; databases do not take any."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.maintenance.start_time))
    error_message = "maintenance.start_time must be a full hour in UTC, such as 03:00."
  }
}

variable "alert_emails" {
  description = "Who is told of alerts. DigitalOcean sends to verified addresses of the team alone."
  type        = list(string)

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))])
    error_message = "alert_emails needs one address or more, each like ops@your-domain.org."
  }
}

