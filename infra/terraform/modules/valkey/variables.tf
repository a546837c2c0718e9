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

variable "size" {
  description = "Size of each node, such as db-s-1vcpu-1gb."
  type        = string

  validation {
    condition     = can(regex("^(db|m)-[a-z0-9-]+$", var.size))
    error_message = "size must be a slug such as db-s-1vcpu-1gb: 'doctl databases options slugs --engine valkey' prints them."
  }
}

variable "node_count" {
  description = "1, or 2 with a standby."
  type        = number

  validation {
    condition     = contains([1, 2], var.node_count)
    error_message = "node_count must be 1 or 2."
  }

  validation {
    condition     = var.node_count == 1 || var.size != "db-s-1vcpu-1gb"
    error_message = "node_count must be 1 with the size db-s-1vcpu-1gb: a standby needs 2 GB of memory."
  }
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
