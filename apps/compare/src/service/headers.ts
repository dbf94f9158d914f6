/** What the service tells in the headers of its answers. */

/** The service time drawn for the request, in milliseconds. */
export const SERVICE_TIME = 'x-service-time'

/** The answer's place in the order in which the service finished its answers, from 1. */
export const FINISHED = 'x-finished'
