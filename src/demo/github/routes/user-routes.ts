import { jsonReply } from '../../server/reply.ts'
import { renderAccount } from '../render.ts'
import { userRoute, type GithubRoute } from '../route.ts'

/** A person looks at themselves. */
export const userRoutes: readonly GithubRoute[] = [
  userRoute('GET', '/user', (visit) => jsonReply(200, { ...renderAccount(visit.token.account, visit.call.origin), name: visit.token.account.login, email: null })),
]
