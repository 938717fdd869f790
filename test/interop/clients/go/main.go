// An agent whose OAuth is golang.org/x/oauth2: `code` with PKCE, or `device`. A line of JSON on stdout asks the one who runs this:
// {"open": URL} to open a browser there. The last line is the result.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

type metadata struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Device        string `json:"device_authorization_endpoint"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, flow string) error {
	found, err := discover(ctx)
	if err != nil {
		return err
	}
	// How the client authenticates is left for the library to find out, as it does by default.
	config := &oauth2.Config{
		ClientID: os.Getenv("CLIENT_ID"),
		Scopes:   strings.Fields(os.Getenv("SCOPE")),
		Endpoint: oauth2.Endpoint{AuthURL: found.Authorization, TokenURL: found.Token, DeviceAuthURL: found.Device},
	}
	var token *oauth2.Token
	if flow == "device" {
		token, err = byDevice(ctx, config)
	} else {
		token, err = byCode(ctx, config)
	}
	if err != nil {
		return err
	}
	return wholeLife(ctx, config, token)
}

func discover(ctx context.Context) (found metadata, err error) {
	request, err := http.NewRequestWithContext(ctx, "GET", os.Getenv("ISSUER")+"/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return found, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return found, err
	}
	defer answer.Body.Close()
	return found, json.NewDecoder(answer.Body).Decode(&found)
}

func byCode(ctx context.Context, config *oauth2.Config) (*oauth2.Token, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	config.RedirectURL = fmt.Sprintf("http://%s/callback", listener.Addr())
	verifier, state := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	answers := make(chan *http.Request, 1)
	go http.Serve(listener, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		fmt.Fprint(writer, "You can close this window.")
		answers <- request
	}))
	say(map[string]any{"open": config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier))})
	select {
	case <-ctx.Done():
		return nil, errors.New("the browser did not come back")
	case answer := <-answers:
		query := answer.URL.Query()
		if query.Get("state") != state || query.Get("iss") != os.Getenv("ISSUER") {
			return nil, fmt.Errorf("an answer to another request: %s", answer.URL)
		}
		return config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(verifier))
	}
}

func byDevice(ctx context.Context, config *oauth2.Config) (*oauth2.Token, error) {
	started, err := config.DeviceAuth(ctx)
	if err != nil {
		return nil, err
	}
	say(map[string]any{"open": started.VerificationURIComplete, "code": started.UserCode})
	return config.DeviceAccessToken(ctx, started)
}

func wholeLife(ctx context.Context, config *oauth2.Config, token *oauth2.Token) error {
	called, err := call(ctx, config, token)
	if err != nil {
		return err
	}
	// Its time is over, as the library sees it.
	old := *token
	old.Expiry = time.Now().Add(-time.Minute)
	fresh, err := config.TokenSource(ctx, &old).Token()
	if err != nil {
		return err
	}
	calledAfter, err := call(ctx, config, fresh)
	if err != nil {
		return err
	}
	say(map[string]any{
		"called": called, "called_after": calledAfter, "scope": token.Extra("scope"), "type": token.Type(),
		"refreshed": fresh.AccessToken != token.AccessToken && fresh.RefreshToken != token.RefreshToken,
	})
	return nil
}

func call(ctx context.Context, config *oauth2.Config, token *oauth2.Token) (int, error) {
	answer, err := config.Client(ctx, token).Get(os.Getenv("CALL"))
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func say(line map[string]any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
