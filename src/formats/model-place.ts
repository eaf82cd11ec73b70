/** Where the answers of a format name their model. */
export interface ModelPlace {
  readonly member: string;
  /** The object that holds it in an event of a stream; at the top of the event if absent. A whole answer has it at its top. */
  readonly streamedIn?: string;
  /** Every event of a stream names the model, not only the first. */
  readonly isInEveryEvent: boolean;
  /** Answers with this member must name a model: if they do not, it is added before this member. */
  readonly before?: string;
}
