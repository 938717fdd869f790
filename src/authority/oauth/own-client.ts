/** The `client_id` of our own command line; no agent may have this name. */
export const OWN_CLIENT_ID = 'postern-cli'

/** The one scope of our own admin API; what a person may do there follows from their roles. */
export const ADMIN_SCOPE = 'admin'

/** How long a token of the admin API's lives. */
export const ADMIN_TOKEN_S = 600
