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

variable "kubernetes_minor" {
  description = "Minor version of Kubernetes. Patches are applied by themselves, in the maintenance window."
  type        = string

  validation {
    condition     = contains(["1.31", "1.32", "1.33", "1.34"], var.kubernetes_minor)
    error_message = "kubernetes_minor must be one that Spindrift is tested with: 1.31, 1.32, 1.33 or 1.34."
  }
}

variable "vpc_id" {
  description = "The VPC that nodes are in."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "vpc_id must name a VPC: take the output of the module network."
  }
}

variable "node_tag" {
  description = "Tag of every node, by which the firewall and alerts find it."
  type        = string

  validation {
    condition     = length(var.node_tag) > 0
    error_message = "node_tag must not be empty: take the output of the module network."
  }
}

variable "high_availability" {
  description = "Run the control plane in several copies. It cannot be turned off again, and costs extra."
  type        = bool
}

variable "registry" {
  description = "Name of the container registry that nodes may pull from, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.registry == null ? true : length(var.registry) > 0
    error_message = "registry must be the name of a registry, or null."
  }
}

variable "maintenance" {
  description = "When patches are applied: a day, or any, and an hour in UTC."
  type        = object({ day = string, start_time = string })

  validation {
    condition     = contains(["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], var.maintenance.day)
    error_message = "maintenance.day must be a day in lower case, or any."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.maintenance.start_time))
    error_message = "maintenance.start_time must be a full hour in UTC, such as 03:00."
  }
}

variable "node_pool" {
  description = "Nodes that everything runs on. With min below max, they are added and taken away as pods need them."
  type        = object({ size = string, min = number, max = number })

  validation {
    condition     = can(regex("^[a-z0-9]+-[a-z0-9.-]+$", var.node_pool.size))
    error_message = "node_pool.size must be a slug such as s-2vcpu-4gb: 'doctl kubernetes options sizes' prints them."
  }

  validation {
    condition     = var.node_pool.min >= 1 && var.node_pool.max >= var.node_pool.min && var.node_pool.max <= 100
    error_message = "node_pool.min must be 1 or more, and node_pool.max at least min and at most 100."
  }
}

variable "kafka_pool" {
  description = "Nodes for Kafka's brokers alone, or null for none."
  type        = object({ size = string, nodes = number })
  default     = null

  validation {
    condition     = var.kafka_pool == null ? true : var.kafka_pool.nodes >= 3 && var.kafka_pool.nodes <= 9
    error_message = "kafka_pool.nodes must be 3 to 9: a topic has three copies, each on a node of its own."
  }
}

variable "control_plane_addresses" {
  description = "Networks from which the API server is reached. Empty is everywhere, which workflows on hosted runners need."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for network in var.control_plane_addresses : can(cidrhost(network, 0))])
    error_message = "control_plane_addresses must be networks such as 203.0.113.7/32."
  }
}
