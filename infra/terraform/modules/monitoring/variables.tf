variable "name" {
  description = "Name of the environment; every resource is named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 30 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "url" {
  description = "What is asked from outside, such as https://todo.your-domain.org/api/health, or null for no check, which costs extra."
  type        = string
  default     = null

  validation {
    condition     = var.url == null ? true : can(regex("^https://[^/ ]+/", var.url))
    error_message = "url must begin with https:// and have a path."
  }
}

variable "regions" {
  description = "From where it is asked. Down is what all of them say."
  type        = set(string)
  default     = ["eu_west", "us_east"]

  validation {
    condition     = length(var.regions) > 0 && length(setsubtract(var.regions, ["us_east", "us_west", "eu_west", "se_asia"])) == 0
    error_message = "regions must be some of us_east, us_west, eu_west and se_asia."
  }
}

variable "latency_ms" {
  description = "Milliseconds, the way to the region included, above which answers are too slow."
  type        = number
  default     = 2000

  validation {
    condition     = var.latency_ms >= 100 && var.latency_ms <= 60000
    error_message = "latency_ms must be 100 to 60000."
  }
}

variable "node_tag" {
  description = "Tag of the nodes that are watched, or null when another environment watches them."
  type        = string
  default     = null

  validation {
    condition     = var.node_tag == null ? true : length(var.node_tag) > 0
    error_message = "node_tag must be a tag, or null."
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

