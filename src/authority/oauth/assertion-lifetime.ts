/** For how long a client assertion (RFC 7523) may live at most, at every endpoint: its `jti` is kept for as long. */
export const MAX_ASSERTION_S = 600
