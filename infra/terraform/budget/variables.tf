variable "name" {
  description = "Name of the environment; every resource is named after it."
  type        = string
  default     = "budget"

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
  description = "IPv4 address that the site's name leads to: the node's, which 'kubectl get nodes -o wide' prints. Null until there is one."
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
  default     = "10.110.0.0/20"

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
  default     = "starter"

  validation {
    condition     = contains(["starter", "basic", "professional"], var.registry_tier)
    error_message = "registry_tier must be starter, basic or professional."
  }
}

variable "node_size" {
  description = "Size of the one node."
  type        = string
  default     = "s-2vcpu-4gb"

  validation {
    condition     = can(regex("^[a-z0-9]+-[a-z0-9.-]+$", var.node_size))
    error_message = "node_size must be a slug such as s-2vcpu-4gb: 'doctl kubernetes options sizes' prints them."
  }
}

variable "node_count" {
  description = "How many nodes there are."
  type        = number
  default     = 1

  validation {
    condition     = var.node_count >= 1 && var.node_count <= 3
    error_message = "node_count must be 1 to 3: above, the production root's autoscaling and load balancer are the better choice."
  }
}

variable "public_ports" {
  description = "TCP ports of the node that the internet reaches. The port of a NodePort service is opened by DOKS itself."
  type        = set(number)
  default     = [80, 443]

  validation {
    condition     = length(var.public_ports) > 0
    error_message = "public_ports must not be empty: without a load balancer nothing else lets requests in."
  }

  validation {
    condition     = alltrue([for port in var.public_ports : port >= 1 && port <= 65535]) && length(setintersection(var.public_ports, [22, 6443, 10250])) == 0
    error_message = "public_ports must be ports, and not SSH's (22), the API server's (6443) or the kubelet's (10250)."
  }
}

variable "uptime_check" {
  description = "Ask the site from outside every minute, once there are a domain and an address. A check costs extra."
  type        = bool
  default     = true
}
