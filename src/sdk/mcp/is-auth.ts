import type { PosternAuthInfo } from './auth-info.ts'

/** Whether a request passed the gate, rather than being answered there. */
export function isAuth(passed: object): passed is PosternAuthInfo {
  return 'token' in passed
}
