import type { ErrorOf } from './error-classes.ts'
import type { KnownCode } from './error-codes.ts'
import { BRAND, type PosternError } from './postern-error.ts'

/**
 * Whether a value is an error of this package, also of another copy of it, and of this code where one is given.
 * With a known code the error's own fields are typed: `isPosternError(error, 'consent_required') && error.consentUrl`.
 */
export function isPosternError(value: unknown): value is PosternError
export function isPosternError<C extends KnownCode>(value: unknown, code: C): value is ErrorOf<C> & { readonly code: C }
export function isPosternError(value: unknown, code: string): value is PosternError
export function isPosternError(value: unknown, code?: string): boolean {
  if (!(value instanceof Error) || (value as { readonly [BRAND]?: unknown })[BRAND] !== true) return false
  return code === undefined || (value as PosternError).code === code
}
