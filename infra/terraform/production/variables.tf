variable "name" {
  description = "Name of the environment; every resource is named after it."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 30 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "region" {
  description = "Region of DigitalOcean. Spaces and DOKS have to be there."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[1-9]$", var.region))
    error_message = "region must be a slug such as fra1: 'doctl compute region list' prints them."
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

variable "bucket_prefix" {
  description = "Begins each bucket's name, which is unique among all of a region's: your organisation and the environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,40}[a-z0-9]$", var.bucket_prefix))
    error_message = "bucket_prefix must have 3 to 42 lower-case letters, digits and hyphens, and begin and end with a letter or digit."
  }
}

variable "registry_name" {
  description = "Name of the container registry, unique among all of DigitalOcean's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,61}[a-z0-9]$", var.registry_name))
    error_message = "registry_name must have 3 to 63 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "domain" {
  description = "The zone that the site's name is in, or null when another provider has the DNS."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", var.domain)) && !can(regex("(^|[.])example[.](com|net|org)$", var.domain))
    error_message = "domain must be a name that you own, in lower case, or null."
  }
}

variable "create_domain" {
  description = "Make the zone. False finds one that is there already."
  type        = bool
  default     = true
}

variable "host" {
  description = "The site's name below the domain; @ is the domain itself."
  type        = string
  default     = "todo"

  validation {
    condition     = can(regex("^(@|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$", var.host))
    error_message = "host must be a name without the domain, such as todo, or @."
  }
}

variable "address" {
  description = "IPv4 address that the site's name leads to: the gateway's load balancer's, which 'kubectl get service -A' prints. Null until there is one."
  type        = string
  default     = null

  validation {
    condition     = var.address == null ? true : can(cidrhost("${var.address}/32", 0))
    error_message = "address must be an IPv4 address, or null."
  }
}

variable "kubernetes_minor" {
  description = "Minor version of Kubernetes. Patches are applied by themselves, in the maintenance window."
  type        = string
  default     = "1.34"

  validation {
    condition     = contains(["1.31", "1.32", "1.33", "1.34"], var.kubernetes_minor)
    error_message = "kubernetes_minor must be one that Spindrift is tested with: 1.31, 1.32, 1.33 or 1.34."
  }
}

variable "maintenance" {
  description = "When updates are applied: a day, and an hour in UTC."
  type        = object({ day = string, start_time = string })
  default     = { day = "sunday", start_time = "03:00" }

  validation {
    condition     = contains(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], var.maintenance.day)
    error_message = "maintenance.day must be a day in lower case."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.maintenance.start_time))
    error_message = "maintenance.start_time must be a full hour in UTC, such as 03:00."
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

variable "ip_range" {
  description = "Private range of the VPC. It must not meet another VPC's range that is to be peered."
  type        = string
  default     = "10.120.0.0/20"

  validation {
    condition     = can(cidrhost(var.ip_range, 0)) && can(regex("/(1[6-9]|2[0-4])$", var.ip_range))
    error_message = "ip_range must be a private network of /16 to /24, such as 10.110.0.0/20."
  }
}

variable "create_registry" {
  description = "Make the registry. False finds the account's, which another environment made."
  type        = bool
  default     = true
}

variable "registry_tier" {
  description = "Plan of the registry: starter has one repository and 500 MiB, basic five and 5 GiB, professional any number and 100 GiB."
  type        = string
  default     = "basic"

  validation {
    condition     = contains(["starter", "basic", "professional"], var.registry_tier)
    error_message = "registry_tier must be starter, basic or professional."
  }
}

variable "postgres_version" {
  description = "Major version of PostgreSQL. A higher one upgrades in place."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["15", "16", "17", "18"], var.postgres_version)
    error_message = "postgres_version must be 15, 16, 17 or 18."
  }
}

variable "valkey_size" {
  description = "Size of a managed Valkey, or null for none: nothing of Spindrift needs it, Dapr's state store may."
  type        = string
  default     = null

  validation {
    condition     = var.valkey_size == null ? true : can(regex("^(db|m)-[a-z0-9-]+$", var.valkey_size))
    error_message = "valkey_size must be a slug such as db-s-1vcpu-1gb, or null."
  }
}

variable "node_size" {
  description = "Size of the nodes that functions run on."
  type        = string
  default     = "s-4vcpu-8gb"

  validation {
    condition     = can(regex("^[a-z0-9]+-[a-z0-9.-]+$", var.node_size))
    error_message = "node_size must be a slug such as s-4vcpu-8gb: 'doctl kubernetes options sizes' prints them."
  }
}

variable "node_min" {
  description = "Nodes that are always there. Below 3, a node that goes away takes copies with it."
  type        = number
  default     = 3

  validation {
    condition     = var.node_min >= 1 && var.node_min <= 10
    error_message = "node_min must be 1 to 10."
  }
}

variable "node_max" {
  description = "Nodes that the autoscaler goes up to: the bound of the bill."
  type        = number
  default     = 10

  validation {
    condition     = var.node_max >= var.node_min && var.node_max <= 20
    error_message = "node_max must be at least node_min, and at most 20."
  }
}

variable "high_availability" {
  description = "Run the control plane in several copies, and the database with a standby. A control plane cannot go back."
  type        = bool
  default     = true
}

variable "kafka_node_size" {
  description = "Size of the nodes for Kafka's brokers, or null when Kafka is elsewhere or not used."
  type        = string
  default     = "s-2vcpu-4gb"

  validation {
    condition     = var.kafka_node_size == null ? true : can(regex("^[a-z0-9]+-[a-z0-9.-]+$", var.kafka_node_size))
    error_message = "kafka_node_size must be a slug such as s-2vcpu-4gb, or null."
  }
}

variable "kafka_nodes" {
  description = "Nodes for Kafka's brokers, when there are any."
  type        = number
  default     = 3

  validation {
    condition     = var.kafka_nodes >= 3 && var.kafka_nodes <= 9
    error_message = "kafka_nodes must be 3 to 9: a topic has three copies, each on a node of its own."
  }
}

variable "database_size" {
  description = "Size of the database's nodes. It can grow, but not shrink."
  type        = string
  default     = "db-s-2vcpu-4gb"

  validation {
    condition     = can(regex("^(db|gd|so|so1_5|m|m3)-[a-z0-9-]+$", var.database_size))
    error_message = "database_size must be a slug such as db-s-2vcpu-4gb: 'doctl databases options slugs --engine pg' prints them."
  }

  validation {
    condition     = !var.high_availability || var.database_size != "db-s-1vcpu-1gb"
    error_message = "database_size must be db-s-1vcpu-2gb or larger with high_availability: a standby needs 2 GB of memory."
  }
}

variable "database_pool_size" {
  description = "Connections of each of the two pools, or 0 for no pools. Twice this and 3 have to fit the server: 97 with 4 GB."
  type        = number
  default     = 30

  validation {
    condition     = var.database_pool_size >= 0 && var.database_pool_size <= 200 && var.database_pool_size == floor(var.database_pool_size)
    error_message = "database_pool_size must be a whole number from 0 to 200."
  }
}

variable "database_trusted_addresses" {
  description = "Addresses outside of the cluster that may connect to the database, such as an operator's."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.database_trusted_addresses : can(cidrhost("${address}/32", 0))])
    error_message = "database_trusted_addresses must be single IPv4 addresses such as 203.0.113.7."
  }
}

variable "uptime_check" {
  description = "Ask the site from outside every minute, once there are a domain and an address. A check costs extra."
  type        = bool
  default     = true
}
