/** Answers with the path that it has normalised and decoded. */
export const NGINX = (port: number, directory: string): string => `
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "$uri"; }
  }
}
`

/** One that reads as it is and decodes, one that normalises everything it can first. */
export const HAPROXY = (port: number, normalising: number): string => `
global
  expose-experimental-directives
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend plain
  bind 127.0.0.1:${port}
  http-request return status 200 content-type text/plain lf-string "%[path,url_dec]"
frontend normalising
  bind 127.0.0.1:${normalising}
  http-request normalize-uri path-merge-slashes
  http-request normalize-uri path-strip-dot
  http-request normalize-uri path-strip-dotdot full
  http-request normalize-uri percent-decode-unreserved
  http-request return status 200 content-type text/plain lf-string "%[path,url_dec]"
`

/** A catch-all behind the standard router, which redirects what it would clean. */
export const GO_READER = `package main

import (
	"net/http"
	"os"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Write([]byte(r.URL.Path))
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux))
}
`

/** The path as the standard library splits and decodes it; what it would serve from a folder has to be the same. */
export const PYTHON_READER = `
import sys
from http.server import HTTPServer, BaseHTTPRequestHandler
from posixpath import normpath
from urllib.parse import urlsplit, unquote_to_bytes

class Reader(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    # Head and body in one segment.
    wbufsize = 65536

    def do_GET(self):
        decoded = unquote_to_bytes(urlsplit(self.path).path)
        # As SimpleHTTPRequestHandler goes to a file: the path normalised, its trailing slash kept.
        normalised = normpath(decoded.decode('latin-1')).encode('latin-1') + (b'/' if decoded.endswith(b'/') and decoded != b'/' else b'')
        self.send_response(200 if normalised == decoded else 409)
        self.send_header('Content-Length', str(len(decoded)))
        self.end_headers()
        self.wfile.write(decoded)

    def log_message(self, *args):
        pass

HTTPServer(('127.0.0.1', int(sys.argv[1])), Reader).serve_forever()
`
