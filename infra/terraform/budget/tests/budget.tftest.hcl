# Plans alone: resources are mocked, and nothing is reached.
mock_provider "digitalocean" {}

variables {
  alert_emails  = ["ops@acme.test"]
  bucket_prefix = "acme-todo-budget"
  registry_name = "acme-todo"
}

run "one_small_node_without_extras" {
  command = plan

  assert {
    condition     = module.cluster.node_pools == { default = { size = "s-2vcpu-4gb", min = 1, max = 1 } }
    error_message = "The budget profile is one s-2vcpu-4gb."
  }

  assert {
    condition     = module.cluster.high_availability == false
    error_message = "A control plane in several copies costs more than the node."
  }

  assert {
    condition     = module.network.public_ports == toset([80, 443])
    error_message = "Without a load balancer the node itself is reached, at 80 and 443."
  }

  assert {
    condition     = output.buckets == { backups = "acme-todo-budget-backups" }
    error_message = "There is one bucket, for backups."
  }

  assert {
    condition     = length(output.hosts) == 0
    error_message = "Without a domain there are no names."
  }
}

run "a_name_once_there_is_an_address" {
  command = plan

  variables {
    domain  = "acme.test"
    host    = "@"
    address = "203.0.113.7"
  }

  assert {
    condition     = output.hosts == ["acme.test"]
    error_message = "@ is the domain itself."
  }

  assert {
    condition     = module.dns[0].records == { "@" = "203.0.113.7" }
    error_message = "The name leads to the address."
  }

  assert {
    condition     = module.monitoring.watched == "https://acme.test/api/health"
    error_message = "The site is asked from outside."
  }
}

run "no_record_before_there_is_an_address" {
  command = plan

  variables {
    domain = "acme.test"
  }

  assert {
    condition     = module.dns[0].records == {} && module.monitoring.watched == null
    error_message = "A name that leads nowhere must not be published, nor watched."
  }
}

run "ssh_is_not_opened" {
  command = plan

  variables {
    public_ports = [22]
  }

  expect_failures = [var.public_ports]
}

run "a_domain_of_nobody_is_refused" {
  command = plan

  variables {
    domain = "example.com"
  }

  expect_failures = [var.domain]
}

run "alerts_need_a_reader" {
  command = plan

  variables {
    alert_emails = []
  }

  expect_failures = [var.alert_emails]
}
