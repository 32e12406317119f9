/** Work under one name is done one after the other; under different names it runs side by side. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>()

  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.last.get(name) ?? Promise.resolve()).then(work, work)
    this.last.set(name, turn)
    try {
      return await turn
    } finally {
      if (this.last.get(name) === turn) this.last.delete(name)
    }
  }
}
