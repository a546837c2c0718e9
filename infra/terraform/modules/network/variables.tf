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

variable "ip_range" {
  description = "Private range of the VPC. It must not meet another VPC's range that is to be peered."
  type        = string

  validation {
    condition     = can(cidrhost(var.ip_range, 0)) && can(regex("/(1[6-9]|2[0-4])$", var.ip_range))
    error_message = "ip_range must be a private network of /16 to /24, such as 10.110.0.0/20."
  }
}

variable "public_ports" {
  description = "TCP ports of the nodes that the internet reaches. Empty behind a load balancer."
  type        = set(number)

  validation {
    condition     = alltrue([for port in var.public_ports : port >= 1 && port <= 65535 && port == floor(port)])
    error_message = "public_ports must be whole numbers from 1 to 65535."
  }

  validation {
    condition     = length(setintersection(var.public_ports, [22, 6443, 10250])) == 0
    error_message = "public_ports must not open SSH (22), the API server (6443) or the kubelet (10250)."
  }
}
