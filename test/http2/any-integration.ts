/** An integration in the configuration's words, all of whose requests below `/v1/` are lent. @param key where the credential stands @param ca of the upstream's certificate; both as YAML */
export function anyIntegration({ name, host, port, key, ca }: { readonly name: string; readonly host: string; readonly port: number; readonly key: string; readonly ca: string }): string {
  return `  ${name}:
    type: routes
    origin: https://${host}
    credential: { secret: ${key} }
    routes:
      - { route: "GET /v1/{+rest}", access: read, scopes: [any:read] }
      - { route: "POST /v1/{+rest}", access: write, scopes: [any:write] }
    connect: { address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: ${ca} }
`
}
