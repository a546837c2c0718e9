// Registry is an image registry for tests, on a free port of 127.0.0.1, which it
// prints. It keeps everything in memory and ends when its standard input does.
//
// By default it is the registry of the CNCF, distribution, which has no Referrers
// API; with -referrers it is the one of go-containerregistry, which has.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/docker/distribution/configuration"
	_ "github.com/docker/distribution/registry/auth/htpasswd"
	"github.com/docker/distribution/registry/handlers"
	_ "github.com/docker/distribution/registry/storage/driver/inmemory"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/sirupsen/logrus"
)

func main() {
	referrers := flag.Bool("referrers", false, "have the Referrers API")
	htpasswd := flag.String("htpasswd", "", "ask for a name and password of this file")
	flag.Parse()

	handler := distribution(*htpasswd)
	if *referrers {
		quiet := registry.Logger(log.New(io.Discard, "", 0))
		handler = registry.New(registry.WithReferrersSupport(true), quiet)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	go func() {
		quiet := log.New(io.Discard, "", 0)
		server := http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet}
		log.Fatal(server.Serve(listener))
	}()
	// Whoever started this is gone when this ends.
	io.Copy(io.Discard, os.Stdin)
}

func distribution(htpasswd string) http.Handler {
	logrus.SetLevel(logrus.PanicLevel)
	config := &configuration.Configuration{
		Storage: configuration.Storage{"inmemory": configuration.Parameters{}},
	}
	config.Log.Level = "panic"
	config.Log.AccessLog.Disabled = true
	config.HTTP.Secret = "between the parts of an upload"
	if htpasswd != "" {
		config.Auth = configuration.Auth{
			"htpasswd": configuration.Parameters{"realm": "test", "path": htpasswd},
		}
	}
	return handlers.NewApp(context.Background(), config)
}
