/** What is asked of one kind of object. */
export type Verb = 'list' | 'show' | 'make' | 'change' | 'rotate' | 'block' | 'unblock' | 'delete' | 'spend';

/** Flags by their names in camel case. */
export type GivenFlags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
