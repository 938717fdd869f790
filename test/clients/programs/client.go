// An ordinary Go program: net/http takes the proxy and the CA from the environment.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type pull struct {
	Title   string
	Postern struct{ Code string }
}

func call(method, url string, body []byte) (*http.Response, pull) {
	request, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	if token := os.Getenv("AUTH"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	var answer pull
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		panic(err)
	}
	return response, answer
}

func main() {
	base := os.Getenv("BASE_URL")
	if base == "" {
		base = "https://api.github.com"
	}
	allowed, first := call("GET", base+"/repos/acme-corp/backend/pulls/42", nil)
	denied, second := call("POST", base+"/repos/acme-corp/prod-payments/pulls/3/reviews", []byte(`{"event":"APPROVE"}`))
	out, _ := json.Marshal(map[string]any{
		"allowed": allowed.StatusCode, "title": first.Title, "denied": denied.StatusCode, "code": second.Postern.Code, "protocols": []string{allowed.Proto, denied.Proto},
	})
	fmt.Println(string(out))
}
