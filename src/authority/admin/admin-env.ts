import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Code } from '../../model/codes.ts'
import type { Caller } from './access/caller.ts'

/** What the steps before a handler leave for it, and the handler for the record. */
export interface AdminEnv {
  /** Of the HTTP server that it is served by. */
  Bindings: { readonly outgoing?: { destroy(): unknown } }
  Variables: {
    caller: Caller
    /** Set by whatever refused the request. */
    refused: { readonly code: Code; readonly detail: string } | undefined
  }
}

export type AdminContext = Context<AdminEnv>
export type AdminApp = OpenAPIHono<AdminEnv>
