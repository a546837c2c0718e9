// A stand-in for Terraform's provider of DigitalOcean where the real one cannot be
// downloaded. It knows the provider's schema, from the file that DIGITALOCEAN_SCHEMA names,
// and does nothing: with it, `terraform validate` checks every argument, and
// `terraform test` runs with mocked resources.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const address = "registry.terraform.io/digitalocean/digitalocean"

// What `terraform providers schema -json` writes.
type document struct {
	Providers map[string]struct {
		Provider    described            `json:"provider"`
		Resources   map[string]described `json:"resource_schemas"`
		DataSources map[string]described `json:"data_source_schemas"`
	} `json:"provider_schemas"`
}

type described struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	BlockTypes map[string]nested    `json:"block_types"`
}

type attribute struct {
	Type      json.RawMessage `json:"type"`
	Required  bool            `json:"required"`
	Optional  bool            `json:"optional"`
	Computed  bool            `json:"computed"`
	Sensitive bool            `json:"sensitive"`
}

type nested struct {
	Mode     string `json:"nesting_mode"`
	Block    block  `json:"block"`
	MinItems int64  `json:"min_items"`
	MaxItems int64  `json:"max_items"`
}

var modes = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov5.SchemaNestedBlockNestingModeMap,
	"group":  tfprotov5.SchemaNestedBlockNestingModeGroup,
}

func (b block) schema() (*tfprotov5.SchemaBlock, error) {
	made := &tfprotov5.SchemaBlock{}
	for name, a := range b.Attributes {
		kind, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck // The form of the document.
		if err != nil {
			return nil, fmt.Errorf("the type of %s: %w", name, err)
		}
		made.Attributes = append(made.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: kind, Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive,
		})
	}
	for name, n := range b.BlockTypes {
		mode, known := modes[n.Mode]
		if !known {
			return nil, fmt.Errorf("%s is nested by an unknown mode: %s", name, n.Mode)
		}
		inner, err := n.Block.schema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		made.BlockTypes = append(made.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Nesting: mode, Block: inner, MinItems: n.MinItems, MaxItems: n.MaxItems,
		})
	}
	return made, nil
}

func (d described) schema() (*tfprotov5.Schema, error) {
	made, err := d.Block.schema()
	return &tfprotov5.Schema{Version: d.Version, Block: made}, err
}

func schemas(all map[string]described) (map[string]*tfprotov5.Schema, error) {
	made := map[string]*tfprotov5.Schema{}
	for name, d := range all {
		schema, err := d.schema()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		made[name] = schema
	}
	return made, nil
}

func read(path string) (*tfprotov5.GetProviderSchemaResponse, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all document
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	of, found := all.Providers[address]
	if !found {
		return nil, fmt.Errorf("%s has no %s", path, address)
	}
	provider, err := of.Provider.schema()
	if err != nil {
		return nil, err
	}
	resources, err := schemas(of.Resources)
	if err != nil {
		return nil, err
	}
	dataSources, err := schemas(of.DataSources)
	if err != nil {
		return nil, err
	}
	return &tfprotov5.GetProviderSchemaResponse{
		Provider: provider, ResourceSchemas: resources, DataSourceSchemas: dataSources,
	}, nil
}

// What is not below is never called for mocked resources, and would crash.
type standin struct {
	tfprotov5.ProviderServer
	schema *tfprotov5.GetProviderSchemaResponse
}

func (s standin) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	made := &tfprotov5.GetMetadataResponse{}
	for name := range s.schema.ResourceSchemas {
		made.Resources = append(made.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for name := range s.schema.DataSourceSchemas {
		made.DataSources = append(made.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return made, nil
}

func (s standin) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return s.schema, nil
}

func (s standin) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (s standin) PrepareProviderConfig(_ context.Context, asked *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: asked.Config}, nil
}

func (s standin) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

func (s standin) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (s standin) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func main() {
	schema, err := read(os.Getenv("DIGITALOCEAN_SCHEMA"))
	if err == nil {
		err = tf5server.Serve(address, func() tfprotov5.ProviderServer { return standin{schema: schema} })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}
