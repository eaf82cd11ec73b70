/** The header that asks for a forecast of the providers' prompt caches, and has it on the answer. */
export const FORECAST_HEADER = 'x-sluice-cache-forecast';
