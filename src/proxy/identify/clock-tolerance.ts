/** How far the clocks of issuer and proxy may be apart: nobody's token is refused for less. */
export const CLOCK_TOLERANCE_MS = 60_000
