import { checkedOrigin } from '../checked-origin.ts'
import { checkedResource } from './checked-resource.ts'

/** What the server tells of itself (RFC 9728). */
export interface ResourceMetadataOptions {
  /** The server's own address. */
  readonly resource: string
  readonly authorityUrl: string
  /** What its tools need: `github:pulls:read`. Clients ask the person for these. */
  readonly scopes?: readonly string[]
  /** For people. */
  readonly name?: string
  readonly documentation?: string
}

/** The document of RFC 9728 section 2. */
export interface ResourceMetadata {
  resource: string
  authorization_servers: string[]
  bearer_methods_supported: string[]
  scopes_supported?: string[]
  resource_name?: string
  resource_documentation?: string
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Where the metadata of a resource is: `/.well-known/oauth-protected-resource` and the resource's own path (RFC 9728 section 3.1). Pure. @throws ConfigurationError */
export function resourceMetadataUrl(resource: string): string {
  const { origin, pathname } = new URL(checkedResource(resource))
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`
}

/** The metadata of an MCP server on our tokens. Pure. @throws ConfigurationError */
export function resourceMetadata({ resource, authorityUrl, scopes = [], name, documentation }: ResourceMetadataOptions): ResourceMetadata {
  return {
    resource: checkedResource(resource),
    authorization_servers: [checkedOrigin('authorityUrl', authorityUrl, false)],
    bearer_methods_supported: ['header'],
    ...(scopes.length === 0 ? {} : { scopes_supported: [...scopes] }),
    ...(name === undefined ? {} : { resource_name: name }),
    ...(documentation === undefined ? {} : { resource_documentation: documentation }),
  }
}
