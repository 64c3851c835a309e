// Command consumers is a server that takes what a registry's webhooks send, by the libraries that receivers in Go are
// built from. Each format has a path of its own; GET /received tells what the libraries made of what came.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/distribution/distribution/v3/notifications"
	"github.com/distribution/reference"
	"github.com/go-playground/webhooks/v6/docker"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// image is what a consumer would deploy. Not every format has every part.
type image struct {
	Registry   string `json:"registry,omitempty"`
	Repository string `json:"repository,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

// reading is what a library made of a request.
type reading struct {
	image
	// Attributes are what the format says of the event beside the image.
	Attributes map[string]string `json:"attributes,omitempty"`
}

// received is one request, as GET /received lists it.
type received struct {
	Consumer string `json:"consumer"`
	reading
	// Error is why the library refused it.
	Error string `json:"error,omitempty"`
}

// consumer reads one format.
type consumer func(*http.Request) (reading, error)

// parseImage takes an image's name apart as container engines do.
func parseImage(name string) (image, error) {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return image{}, fmt.Errorf("%q: %w", name, err)
	}
	parsed := image{Registry: reference.Domain(named), Repository: reference.Path(named)}
	if tagged, ok := named.(reference.Tagged); ok {
		parsed.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		parsed.Digest = digested.Digest().String()
	}
	return parsed, nil
}

// agree fails where an image's whole name says something else than its parts.
func agree(parts image, name string) error {
	whole, err := parseImage(name)
	if err == nil && whole != parts {
		return fmt.Errorf("the image %q is not %+v", name, parts)
	}
	return err
}

// readCloudEvent reads as Knative and Argo Events do, and the data by the names that Argo CD Image Updater looks for.
func readCloudEvent(request *http.Request) (reading, error) {
	event, err := cloudevents.NewEventFromHTTPRequest(request)
	if err != nil {
		return reading{}, err
	}
	if err := event.Validate(); err != nil {
		return reading{}, err
	}
	var data struct{ Repository, Tag, Digest, RegistryURL, Image string }
	if err := event.DataAs(&data); err != nil {
		return reading{}, err
	}
	parts := image{data.RegistryURL, data.Repository, data.Tag, data.Digest}
	attributes := map[string]string{
		"id": event.ID(), "type": event.Type(), "source": event.Source(), "subject": event.Subject(),
	}
	return reading{parts, attributes}, agree(parts, data.Image)
}

// decodeStrictly allows no field that the type does not have.
func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// onlyEvent takes the one event out of an envelope, whose own type leaves the type of its events open.
func onlyEvent(body []byte) (event notifications.Event, err error) {
	var envelope notifications.Envelope
	if err := decodeStrictly(body, &envelope); err != nil {
		return event, err
	}
	if len(envelope.Events) != 1 {
		return event, fmt.Errorf("%d events in the envelope", len(envelope.Events))
	}
	text, err := json.Marshal(envelope.Events[0])
	if err != nil {
		return event, err
	}
	return event, decodeStrictly(text, &event)
}

// readDistribution reads the notification of a push, with the types that the reference registry sends it by.
func readDistribution(request *http.Request) (reading, error) {
	contentType := request.Header.Get("Content-Type")
	if mediaType, _, err := mime.ParseMediaType(contentType); err != nil || mediaType != notifications.EventsMediaType {
		return reading{}, fmt.Errorf("the media type is %q", contentType)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return reading{}, err
	}
	event, err := onlyEvent(body)
	if err != nil {
		return reading{}, err
	}
	if err := event.Target.Digest.Validate(); err != nil {
		return reading{}, err
	}
	parts := image{event.Request.Host, event.Target.Repository, event.Target.Tag, event.Target.Digest.String()}
	attributes := map[string]string{
		"action": event.Action, "mediaType": event.Target.MediaType, "actor": event.Actor.Name, "url": event.Target.URL,
	}
	return reading{parts, attributes}, nil
}

// readDockerHub reads Docker Hub's payload, which has no digest, and the host only within the repository's name.
func readDockerHub(request *http.Request) (reading, error) {
	hook, err := docker.New()
	if err != nil {
		return reading{}, err
	}
	parsed, err := hook.Parse(request, docker.BuildEvent)
	if err != nil {
		return reading{}, err
	}
	payload, ok := parsed.(docker.BuildPayload)
	if !ok {
		return reading{}, fmt.Errorf("parsed as %T", parsed)
	}
	parts, err := parseImage(payload.Repository.RepoName + ":" + payload.PushData.Tag)
	attributes := map[string]string{
		"namespace": payload.Repository.Namespace, "name": payload.Repository.Name, "pusher": payload.PushData.Pusher,
	}
	return reading{parts, attributes}, err
}

// standardWebhookReader makes a consumer of our own event that knows one secret.
func standardWebhookReader(secret string) (consumer, error) {
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(request *http.Request) (reading, error) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return reading{}, err
		}
		if err := webhook.Verify(body, request.Header); err != nil {
			return reading{}, err
		}
		var event struct {
			Type string
			Data struct{ Registry, Repository, Tag, Digest, Image string }
		}
		if err := json.Unmarshal(body, &event); err != nil {
			return reading{}, err
		}
		parts := image{event.Data.Registry, event.Data.Repository, event.Data.Tag, event.Data.Digest}
		return reading{parts, map[string]string{"type": event.Type}}, agree(parts, event.Data.Image)
	}, nil
}

// journal keeps what came. Its zero value is empty.
type journal struct {
	mutex   sync.Mutex
	entries []received
}

// add keeps one entry.
func (kept *journal) add(entry received) {
	kept.mutex.Lock()
	defer kept.mutex.Unlock()
	kept.entries = append(kept.entries, entry)
}

// ServeHTTP lists what came, the oldest first.
func (kept *journal) ServeHTTP(response http.ResponseWriter, _ *http.Request) {
	kept.mutex.Lock()
	entries := append([]received{}, kept.entries...)
	kept.mutex.Unlock()
	response.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(response).Encode(entries); err != nil {
		log.Print(err)
	}
}

// serve lets a consumer read each request, and answers what its library said of it.
func (kept *journal) serve(name string, read consumer) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		understood, err := read(request)
		if err == nil {
			kept.add(received{Consumer: name, reading: understood})
			return
		}
		kept.add(received{Consumer: name, Error: err.Error()})
		status := http.StatusBadRequest
		if errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
			status = http.StatusUnauthorized
		}
		http.Error(response, err.Error(), status)
	}
}

func main() {
	port := flag.Int("port", 0, "port of the loopback to listen on")
	flag.Parse()
	readStandardWebhook, err := standardWebhookReader(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	kept := &journal{}
	http.Handle("GET /received", kept)
	http.Handle("/cloudevents", kept.serve("cloudevents", readCloudEvent))
	http.Handle("/distribution", kept.serve("distribution", readDistribution))
	http.Handle("/docker-hub", kept.serve("docker-hub", readDockerHub))
	http.Handle("/standard-webhook", kept.serve("standard-webhook", readStandardWebhook))
	log.Fatal(http.ListenAndServe(net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)), nil))
}
