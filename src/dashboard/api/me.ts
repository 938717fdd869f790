/** Who is signed in, as `GET /v1/me` answers it. */
export interface Me {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  readonly roles: readonly ('person' | 'operator' | 'auditor')[]
  readonly break_glass: boolean
  readonly signed_in_at: string
  readonly csrf: string | null
}

/** Whether they see what concerns others. */
export function seesAll({ roles }: Me): boolean {
  return roles.includes('operator') || roles.includes('auditor')
}

/** Whether they may take back what concerns others. */
export function isOperator({ roles }: Me): boolean {
  return roles.includes('operator')
}
