"""Arguments: roots.pem port host ... ; prints "accepted" or "refused" for each host."""
import socket
import ssl
import sys

roots, port, hosts = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
context = ssl.create_default_context(cafile=roots)
for host in hosts:
    try:
        with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname=host):
            print("accepted")
    except ssl.SSLCertVerificationError:
        print("refused")
