# Production for a few hundred people, and staging beside it: two nodes, a database without
# a standby, and no Kafka, for which the deployer's profile has delivery.mode = "builtin".
# Give it to Terraform together with what it has to know:
#
#   terraform apply -var-file=small.tfvars -var-file=terraform.tfvars
node_size          = "s-2vcpu-4gb"
node_min           = 2
node_max           = 3
high_availability  = false
kafka_node_size    = null
database_size      = "db-s-1vcpu-1gb"
database_pool_size = 0
