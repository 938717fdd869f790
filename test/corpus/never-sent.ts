/** Names of fields that may reach no upstream, whatever came. */
export const NEVER_SENT = /^(?:proxy-.*|cookie2?|te|trailers?|keep-alive|upgrade|via|forwarded|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-real-ip|x-http-.*|postern-.*|expect|.*_.*|.*-api-?key|.*-token|token|.*-secret.*|http2-settings|max-forwards|.*override|impersonate-.*)$/
