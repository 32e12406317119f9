/** The body's bytes stopped coming before their end: the client is gone, and nobody is left to tell. */
export class BodyLost extends Error {
  constructor() {
    super('the client went away before the end of its body')
    this.name = 'BodyLost'
  }
}
