variable "prefix" {
  description = "Begins each bucket's name, which is unique among all of a region's."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,40}[a-z0-9]$", var.prefix))
    error_message = "prefix must have 3 to 42 lower-case letters, digits and hyphens, and begin and end with a letter or digit."
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

variable "buckets" {
  description = "Buckets by the end of their names. Objects go after expire_days (null: never), and what replaced or deleted ones leave behind after noncurrent_days."
  type        = map(object({ expire_days = optional(number), noncurrent_days = number }))

  validation {
    condition     = alltrue([for end in keys(var.buckets) : can(regex("^[a-z0-9][a-z0-9-]{0,18}[a-z0-9]$", end))])
    error_message = "buckets must be named by 2 to 20 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for bucket in values(var.buckets) : bucket.noncurrent_days >= 1 && (bucket.expire_days == null ? true : bucket.expire_days >= 1)])
    error_message = "buckets need days of 1 or more."
  }
}
