# Plans alone: resources are mocked, and nothing is reached.
mock_provider "digitalocean" {}

variables {
  alert_emails  = ["ops@acme.test"]
  bucket_prefix = "acme-todo"
  registry_name = "acme-todo"
  domain        = "acme.test"
}

run "survives_a_node_and_a_primary" {
  command = plan

  assert {
    condition = module.cluster.node_pools == {
      default = { size = "s-4vcpu-8gb", min = 3, max = 10 }
      kafka   = { size = "s-2vcpu-4gb", min = 3, max = 3 }
    }
    error_message = "Functions have 3 to 10 nodes, Kafka three of its own."
  }

  assert {
    condition     = module.cluster.high_availability && module.database.node_count == 2
    error_message = "The control plane and the database have copies."
  }

  assert {
    condition     = module.database.users == toset(["spindrift_app", "spindrift_worker"])
    error_message = "The migrations grant rights to these two."
  }

  assert {
    condition     = module.database.pools == { app = "spindrift_app", worker = "spindrift_worker" }
    error_message = "Each user has a pool."
  }

  assert {
    condition     = length(module.valkey) == 0
    error_message = "Nobody pays for a Valkey that was not asked for."
  }

  assert {
    condition     = module.network.public_ports == toset([])
    error_message = "Behind a load balancer no port of a node is open to the internet."
  }

  assert {
    condition     = output.buckets == { artifacts = "acme-todo-artifacts", backups = "acme-todo-backups", logs = "acme-todo-logs" }
    error_message = "There are buckets for backups, artifacts, and what Loki and Tempo keep."
  }

  assert {
    condition     = output.database_addresses == ["10.120.0.0/20"]
    error_message = "The database is in the VPC."
  }
}

run "a_small_one" {
  command = plan

  variables {
    node_size          = "s-2vcpu-4gb"
    node_min           = 2
    node_max           = 3
    high_availability  = false
    kafka_node_size    = null
    database_size      = "db-s-1vcpu-1gb"
    database_pool_size = 0
  }

  assert {
    condition     = module.cluster.node_pools == { default = { size = "s-2vcpu-4gb", min = 2, max = 3 } }
    error_message = "Two nodes, and none for Kafka."
  }

  assert {
    condition     = module.database.node_count == 1 && module.database.pools == {}
    error_message = "A database of 22 connections has no standby and no pools."
  }
}

run "with_valkey" {
  command = plan

  variables {
    valkey_size = "db-s-1vcpu-2gb"
  }

  assert {
    condition     = length(module.valkey) == 1
    error_message = "A size asks for a Valkey."
  }
}

run "a_standby_needs_memory" {
  command = plan

  variables {
    database_size = "db-s-1vcpu-1gb"
  }

  expect_failures = [var.database_size]
}

run "an_upper_bound_below_the_lower_is_refused" {
  command = plan

  variables {
    node_min = 5
    node_max = 3
  }

  expect_failures = [var.node_max]
}

run "kubernetes_that_is_not_tested_is_refused" {
  command = plan

  variables {
    kubernetes_minor = "1.30"
  }

  expect_failures = [var.kubernetes_minor]
}

run "two_brokers_are_too_few" {
  command = plan

  variables {
    kafka_nodes = 2
  }

  expect_failures = [var.kafka_nodes]
}

run "with_a_site" {
  command = plan

  variables {
    address = "203.0.113.7"
  }

  assert {
    condition     = module.dns[0].records == { todo = "203.0.113.7" } && module.dns[0].authorities == { todo = "letsencrypt.org." }
    error_message = "The name leads to the load balancer, and Let's Encrypt alone may issue its certificate."
  }

  assert {
    condition     = module.monitoring.watched == "https://todo.acme.test/api/health"
    error_message = "The site is asked from outside."
  }
}
