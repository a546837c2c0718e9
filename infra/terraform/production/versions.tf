terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "2.99.1"
    }
  }

  # Spaces speaks S3. The bucket, and the endpoint of its region, are given to
  # 'terraform init' by -backend-config; the keys are in the environment.
  backend "s3" {
    key    = "production/terraform.tfstate"
    region = "us-east-1"

    use_lockfile                = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
  }
}

# Tokens are in the environment: DIGITALOCEAN_TOKEN, SPACES_ACCESS_KEY_ID and
# SPACES_SECRET_ACCESS_KEY.
provider "digitalocean" {}
