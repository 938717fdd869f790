import { ERROR_CLASSES } from './error-classes.ts'
import type { KnownCode } from './error-codes.ts'
import { PosternError, type Refusal } from './postern-error.ts'
import { UnavailableError } from './refusals.ts'

/** The error of a refusal, of the class that its code has; of one by its status where the code is not known. */
export function errorFrom(refusal: Refusal): PosternError {
  if (isKnownCode(refusal.code)) return new ERROR_CLASSES[refusal.code](refusal)
  return (refusal.status ?? 0) >= 500 ? new UnavailableError(refusal) : new PosternError(refusal)
}

/** Whether this version has a class for it. */
export function isKnownCode(code: string): code is KnownCode {
  return Object.hasOwn(ERROR_CLASSES, code)
}
