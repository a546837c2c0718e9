# Plans alone: resources are mocked, and nothing is reached.
mock_provider "digitalocean" {
  mock_data "digitalocean_kubernetes_cluster" {
    defaults = {
      id       = "5ba4518b-b9e2-4978-aa92-2d4c727e8824"
      vpc_uuid = "c33931f2-a26a-4e61-b85c-4e95a2ec431b"
    }
  }
}

variables {
  alert_emails  = ["ops@acme.test"]
  bucket_prefix = "acme-todo-staging"
  registry_name = "acme-todo"
  domain        = "acme.test"
}

run "a_guest_of_production" {
  command = plan

  assert {
    condition     = output.cluster_name == "production"
    error_message = "It stands on production's cluster."
  }

  assert {
    condition     = length(module.cluster) == 0 && length(module.network) == 0
    error_message = "A guest makes no cluster and no network."
  }

  assert {
    condition     = module.database[0].vpc_id == "c33931f2-a26a-4e61-b85c-4e95a2ec431b" && module.database[0].trusted_cluster == "5ba4518b-b9e2-4978-aa92-2d4c727e8824"
    error_message = "Its database is where the cluster is, and lets that cluster in."
  }

  assert {
    condition     = module.database[0].node_count == 1
    error_message = "Staging pays for no standby."
  }

  assert {
    condition     = output.hosts == ["staging.todo.acme.test"]
    error_message = "It has a name below production's zone."
  }

  assert {
    condition     = module.registry.made == false
    error_message = "The account's registry is production's."
  }
}

run "a_cluster_of_its_own" {
  command = plan

  variables {
    shared_cluster  = ""
    create_registry = true
  }

  assert {
    condition     = module.cluster[0].node_pools == { default = { size = "s-2vcpu-4gb", min = 1, max = 4 } }
    error_message = "Its own cluster is small, and has as many nodes as its pods need."
  }

  assert {
    condition     = output.cluster_name == "staging" && module.registry.made
    error_message = "What it needs it makes itself."
  }
}

run "with_a_database_elsewhere" {
  command = plan

  variables {
    database_size = null
  }

  assert {
    condition     = length(module.database) == 0 && output.database_host == null
    error_message = "Terraform knows nothing of a database by URL."
  }
}

run "a_null_of_the_environment_is_no_cluster" {
  command = plan

  variables {
    shared_cluster = "null"
  }

  expect_failures = [var.shared_cluster]
}
