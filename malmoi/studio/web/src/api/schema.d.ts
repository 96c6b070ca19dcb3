// Written by `make schema` out of the server's routes (malmoi/studio/api_schema.py). Do not edit.
// Every field of a reply is always there; a field with a default in a request may be left out.

/** What this studio is: its version, the model it serves (None for none), and the limits of its forms. */
export interface About {
  version: string
  model: Description | null
  limits: Limits
}

/** An answer that was made again, beside the one that it repeats. place: of the first other character. */
export interface Again {
  of: string
  is_equal: boolean
  place: number | null
  was: string | null
  now: string | null
}

/** A token that could have stood there. logprob: nats. */
export interface Alternative {
  text: string
  logprob: number
}

/** What is asked. body: as /v1 takes it, or {card, inputs, decoding}. */
export interface AnswerBody {
  kind: 'completion' | 'chat' | 'card'
  body: Record<string, unknown>
  source?: Source
}

/**
 * An answer, whole. made_with: model, tokenizer and engine by name and hash, where the server recorded them. seed: as
 * text, for it may have more digits than JavaScript keeps.
 */
export interface AnswerDetail {
  id: string
  at: string
  kind: 'completion' | 'chat' | 'card'
  model: string
  subject: string | null
  source: Record<string, unknown>
  state: 'running' | 'done' | 'stopped' | 'cut' | 'failed'
  finish: string | null
  prompt_tokens: number
  answer_tokens: number
  seconds: number
  again_of: string | null
  deleted: string | null
  asked: string
  text: string
  body: Record<string, unknown>
  seed: string
  told: Told
  result: CardResult | null
  error: Record<string, unknown> | null
  tokens: Token[] | null
  made_with: Record<string, unknown> | null
  again: Again | null
}

/** The end of an answer. state "gone": there is no such answer, and no other field. */
export interface AnswerEnd {
  state: 'done' | 'stopped' | 'cut' | 'failed' | 'gone'
  finish: string | null
  prompt_tokens: number
  answer_tokens: number
  seconds: number
  result: CardResult | null
  error: Record<string, unknown> | null
}

/**
 * An event of a connection that follows answers: what is new of one of them since the last. begin, to: characters and
 * tokens before and after it. tokens, told, end: only where there is something new.
 */
export interface AnswerEvent {
  answer: string
  begin: [number, number]
  to: [number, number]
  text: string
  tokens: Token[] | null
  told: Told | null
  end: AnswerEnd | null
}

/** An answer in a list. asked, text: their first 240 characters. */
export interface AnswerLine {
  id: string
  at: string
  kind: 'completion' | 'chat' | 'card'
  model: string
  subject: string | null
  source: Record<string, unknown>
  state: 'running' | 'done' | 'stopped' | 'cut' | 'failed'
  finish: string | null
  prompt_tokens: number
  answer_tokens: number
  seconds: number
  again_of: string | null
  deleted: string | null
  asked: string
  text: string
}

/** A page of answers. after: where the next one goes on; None: there is none. */
export interface AnswerList {
  answers: AnswerLine[]
  after: string | null
}

/** The newest lines of the journal, the newest first. wrong: what is not as it was written; empty where all is. */
export interface Audit {
  lines: AuditLine[]
  wrong: string[]
}

/** A line of the journal. time: s since 1970; person: the id, "" for nobody. */
export interface AuditLine {
  number: number
  time: number
  person: string
  role: string
  method: string
  route: string
  status: number
}

/** An answer that has begun. */
export interface Begun {
  id: string
}

/** A text for people, in Korean and in English. */
export interface Both {
  ko: string
  en: string
}

/**
 * What an engine can do. What it cannot is answered with a sentence, or by another engine on the same weights.
 * top_logprobs: most alternatives that it tells of a token. prompt_logprobs: it has `score`. guides: kinds of Guide.
 * utf8_masks: it never generates bytes that are no UTF-8. deterministic: a seed, or temperature 0, gives the same
 * tokens whatever else runs. prefix_cache: a beginning that was read before is not read again. token_ids: its pieces
 * are the tokens that the model chose; without it, those that our tokenizer makes of the text, so that another number
 * of them may be said. logprobs: it tells how probable each chosen token was. loads_adapters: it is Adapting. cannot:
 * fields of a Request that it has no way for.
 */
export interface Capabilities {
  top_logprobs: number
  prompt_logprobs: boolean
  guides: string[]
  adapters: boolean
  loads_adapters: boolean
  embeddings: boolean
  prefix_cache: boolean
  deterministic: boolean
  utf8_masks: boolean
  token_ids: boolean
  logprobs: boolean
  cannot: string[]
}

/** One prompt task. `template` is the prompt, `shot` one worked example in it; both take {{name}} placeholders. */
export interface Card {
  id: string
  version: number
  title: Both
  description: Both
  kind: 'classify' | 'generate' | 'game'
  instruction: string
  inputs: Input[]
  template: string
  output: Output
  shot: string
  examples: Example[]
  decoding: Decoding
  guards: Guards
  evaluation: Evaluation
}

/** All cards that the studio has. */
export interface CardList {
  cards: Card[]
}

/** How many of the choices have been scored. */
export interface CardProgress {
  done: number
  total: number
}

/** The answer. finish: why it ended, None where no model was needed. */
export interface CardResult {
  output: LabelOutput | JsonOutput | ChoiceOutput | TextOutput | ChainOutput
  finish: string | null
  tokens: number
  seconds: number
}

/** The prompt as the model gets it. shots: how many of the card's examples fitted; seed: repeats the answer. */
export interface CardStart {
  card: string
  version: number
  seed: number
  prompt: string
  prompt_tokens: number
  shots: number
}

/** A move of the word chain. word: the model's; reason: why the person's word was refused, or why it is over. */
export interface ChainOutput {
  status: 'playing' | 'illegal' | 'model_wins' | 'user_wins'
  reason: string | null
  message: Both
  word: string | null
  history: string[]
  next_starts: string[]
  words_left: number
}

/** The answer of a card that chooses one of several texts. */
export interface ChoiceOutput {
  choice: string
}

/** The flow through the corpus stage: documents in = kept + dropped. seconds: how long the build took. */
export interface Corpus {
  documents_in: number
  documents_kept: number
  documents_dropped: number
  raw_bytes_in: number
  text_bytes_kept: number
  dropped_by_reason: ReasonCount[]
  by_kind: KindCount[]
  by_source: SourceCount[]
  masked: MaskedCount[]
  seconds: number | null
  labels: CorpusLabels
}

/** A row of the ledger as it is listed. What could not be read has no id, no source and no text. */
export interface CorpusDocument {
  id: string | null
  title: string | null
  kind: string | null
  source: string | null
  origin: Origin | null
  kept: boolean
  reasons: string[]
  detail: string | null
  text_bytes: number | null
  excerpt: string | null
}

/** What pages call reasons, kinds, types of personal data and scores, by the names that the server uses. */
export interface CorpusLabels {
  reason: Record<string, Both>
  kind: Record<string, Both>
  masked: Record<string, Both>
  score: Record<string, Both>
}

/** How the answer is chosen; the studio's sliders begin here. */
export interface Decoding {
  temperature: number
  top_p: number | null
  top_k: number | null
  repetition_penalty: number | null
  max_tokens: number
  stop: string[]
}

/**
 * What is being served. `context_tokens` bounds prompt and answer together; `slots` = requests at once. engine: name,
 * version, what weights are kept in and what is computed in. engine_reason: why this one was chosen.
 */
export interface Description {
  name: string
  engine: string
  vocabulary_tokens: number
  context_tokens: number
  slots: number
  model_sha256: string
  capabilities: Capabilities
  engine_reason: string
  adapters: [string, string][]
}

/**
 * A document with every step's verdict. text: its first characters, text_chars: how many the whole has. source_fields:
 * all that is known of the source. judgements: empty where no rule could be read. copy_of: the id of the document that
 * stays in the place of this one.
 */
export interface DocumentDetail {
  id: string | null
  title: string | null
  kind: string | null
  source: string | null
  origin: Origin | null
  kept: boolean
  reasons: string[]
  detail: string | null
  text_bytes: number | null
  excerpt: string | null
  text: string | null
  text_chars: number
  verdicts: Verdict[]
  scores: Score[]
  source_fields: Record<string, unknown> | null
  copy_of: string | null
  judgements: Judgement[]
}

/**
 * One page of documents. next, previous: what `after` is for the pages beside it; None at either end. before: how many
 * documents lie before this page. total: of all pages. None: more than are counted.
 */
export interface DocumentList {
  documents: CorpusDocument[]
  size: number
  next: string | null
  previous: string | null
  before: number | null
  total: number | null
}

/** A small set of cases. accuracy: the label is right. valid: the answer keeps the card's contract. */
export interface Evaluation {
  metric: 'accuracy' | 'valid' | null
  cases: Example[]
}

/** Inputs and the right answer: a text, or a table of texts for a JSON answer. */
export interface Example {
  inputs: Record<string, unknown>
  output: unknown
}

/**
 * tokens: of what was sent. answer_tokens: what is left for the answer, 0 where nothing is. fits_chars: of a text that
 * is too long for that answer, how many of its last characters could stay. leave_out: of a conversation that is too
 * long, how many of its oldest turns would have to go; None where it is not too long, or where the last turn alone is.
 */
export interface Fit {
  tokens: number
  context_tokens: number
  answer_tokens: number
  fits_chars: number | null
  leave_out: number | null
}

/** A text or a conversation, and how long its answer may be. */
export interface FitBody {
  prompt?: string | null
  messages?: Message[] | null
  max_tokens: number
}

/** notice: shown beside the answer. blocked_words: refused in inputs; an answer ends before one of them. */
export interface Guards {
  notice: Both | null
  blocked_words: string[]
}

/** A person by id, name and role. */
export interface Identity {
  id: string
  name: string
  role: 'viewer' | 'editor' | 'operator' | 'owner'
}

/** One field of the form. "text" is one line, "long_text" several, "words" a list of words that the card keeps. */
export interface Input {
  name: string
  title: Both
  type: 'text' | 'long_text' | 'choice' | 'number' | 'words'
  required: boolean
  max_chars: number
  choices: string[]
  example: unknown
}

/** A link that makes one account with a role, until it expires. */
export interface Invitation {
  id: string
  role: 'viewer' | 'editor' | 'operator' | 'owner'
  created: string
  expires: string
}

/** The invitations that are still good. */
export interface Invitations {
  invitations: Invitation[]
}

/**
 * A job in a list. Times are seconds since 1970. command: of COMMANDS, or the words of another. goes_on_at: when one
 * that is "waiting" is started again.
 */
export interface Job {
  id: string
  run: string
  owner: string
  command: string
  state: 'queued' | 'starting' | 'running' | 'stopping' | 'waiting' | 'stopped' | 'finished' | 'failed' | 'lost'
  since: number
  submitted_at: number
  attempt: number
  exit_code: number | null
  goes_on_at: number | null
  progress: JobProgress | null
}

/** What a person asks for. changes: settings by their key; options: by their name, true for a flag. */
export interface JobAsked {
  command: string
  recipe: string
  run: string
  changes?: Record<string, unknown>
  options?: Record<string, unknown>
}

/** One job. line: what was run, as a shell would take it. alive_at: its last sign of life. */
export interface JobDetail {
  id: string
  run: string
  owner: string
  command: string
  state: 'queued' | 'starting' | 'running' | 'stopping' | 'waiting' | 'stopped' | 'finished' | 'failed' | 'lost'
  since: number
  submitted_at: number
  attempt: number
  exit_code: number | null
  goes_on_at: number | null
  progress: JobProgress | null
  argv: string[]
  line: string
  process: JobProcess | null
  alive_at: number | null
  log_bytes: number
}

/** A setting, or an option, of a form (fields.py). */
export interface JobField {
  key: string
  type: 'int' | 'float' | 'text' | 'bool' | 'choice' | 'texts' | 'numbers' | 'flag'
  choices: string[]
  value: boolean | number | string | string[] | number[] | null
  default: boolean | number | string | string[] | number[] | null
  about: string
}

/** The settings of one table of the recipe. about: what its dataclass says, in English. */
export interface JobFieldGroup {
  name: string
  about: string
  fields: JobField[]
}

/** The form of a command with a recipe. */
export interface JobForm {
  command: string
  recipe: string
  run: string
  groups: JobFieldGroup[]
  options: JobField[]
}

/** A part of a log; next: the byte to go on from. */
export interface JobLog {
  text: string
  start: number
  next: number
  size: number
}

/** A page of jobs, the newest first. next: what `after` must be for the page behind it; None at the end. */
export interface JobPage {
  jobs: Job[]
  next: string | null
}

/** What the command itself says that it would do. wrong: what it would refuse, in its own words. */
export interface JobPlan {
  text: string
  wrong: string
}

/** A process by its machine and number. */
export interface JobProcess {
  host: string
  pid: number
}

/** How far a job's present work is, in any unit. since, since_done: when this label began, and how far it was. */
export interface JobProgress {
  label: string
  done: number
  total: number
  since: number
  since_done: number
  time: number
}

/** A recipe by the name of its file. run: the name of the run that it is for. */
export interface JobRecipe {
  name: string
  run: string
}

/**
 * The words of a command. line: the same as a shell would take them. busy: jobs of that run that are at work. wrong:
 * what the command line refuses, in its own words; then there are no others.
 */
export interface JobWords {
  argv: string[]
  line: string
  busy: string[]
  wrong: string
}

/** A new account by the link that was given. token: the link's secret. */
export interface Join {
  token: string
  name: string
  password: string
}

/** The answer of a JSON card. complete: it keeps the card's contract; text: the model's own words. */
export interface JsonOutput {
  fields: Record<string, string>
  complete: boolean
  text: string
}

/** What one rule said: the score it looks at, its value, the limit, and whether the rule drops the document. */
export interface Judgement {
  reason: string
  score: string
  value: string | number | boolean | null
  bound: 'at most' | 'at least'
  limit: number | null
  dropped: boolean
}

/** The kept documents of a kind. text_bytes: UTF-8 bytes of their texts; None in a manifest of an older format. */
export interface KindCount {
  kind: string
  documents: number
  text_bytes: number | null
}

/** The answer of a label card. label: None where none was likely enough. */
export interface LabelOutput {
  label: string | null
  confidence: number
  abstained: boolean
  scores: LabelScore[]
}

/** The version that a label is put on. */
export interface LabelPlace {
  n: number
}

/** A choice of a label card: its share after calibration, and the log-probability (nats) after the prompt. */
export interface LabelScore {
  label: string
  probability: number
  logprob: number
}

/** A token and its log-probability in nats; None for the first of a text, and where it is no finite number. */
export interface LikelyPiece {
  id: number
  text: string
  bytes: number[]
  logprob: number | null
}

/** What the forms should keep to. default_max_tokens: None where no model is served. */
export interface Limits {
  max_body_bytes: number
  max_messages: number
  max_stops: number
  max_stop_chars: number
  max_top_logprobs: number
  max_temperature: number
  default_max_tokens: number | null
}

/** The curve of a training. steps: how many were taken; checkpoints, resumes: the steps at which they lie. */
export interface Loss {
  steps: number
  columns: LossColumns
  checkpoints: number[]
  resumes: number[]
}

/** Steps as columns of one length. Each number is the mean of a bucket of steps; step is the bucket's last. */
export interface LossColumns {
  step: (number | null)[]
  tokens: (number | null)[]
  seconds: (number | null)[]
  loss: (number | null)[]
  learning_rate: (number | null)[]
  gradient_norm: (number | null)[]
  tokens_per_s: (number | null)[]
  loss_min: (number | null)[]
  loss_max: (number | null)[]
}

/** How often a type of personal data was masked. */
export interface MaskedCount {
  type: string
  count: number
}

/**
 * Who asks. has_accounts: False where whoever sits at this machine may do all; then `person` is None. csrf: to be sent
 * back in the header x-malmoi-csrf with whatever changes something. actions: what this role may do.
 */
export interface Me {
  has_accounts: boolean
  person: Identity | null
  actions: ('read' | 'answer' | 'write' | 'operate' | 'manage')[]
  csrf: string
}

/** Somebody with an account. created: ISO 8601. blocked: may not sign in. */
export interface Member {
  id: string
  name: string
  role: 'viewer' | 'editor' | 'operator' | 'owner'
  created: string
  blocked: boolean
}

/** What a person is to be from now on. */
export interface MemberChange {
  role: 'viewer' | 'editor' | 'operator' | 'owner'
  blocked: boolean
}

/** Everybody with an account, by name. */
export interface Members {
  people: Member[]
}

/** One turn. OpenAI's newer name for the system role is "developer". */
export interface Message {
  role: 'system' | 'developer' | 'user' | 'assistant'
  content?: string | null
  name?: unknown
}

/** An invitation with the secret of its link, which is shown this once. */
export interface NewInvitation {
  invitation: Invitation
  token: string
}

/** Another name for a prompt. */
export interface NewName {
  title: string
}

/** A prompt as it is saved first. */
export interface NewPrompt {
  title: string
  body: Record<string, unknown>
  message?: string
}

/** The next version. base: the number of the version that it was made on. */
export interface NewVersion {
  body: Record<string, unknown>
  base: number
  message?: string
}

/** Where a document lies in the raw files. offset: in bytes, or the number of the row (malmoi/corpus/sources). */
export interface Origin {
  file: string
  offset: number
}

/**
 * What the answer looks like. label: the model's probability of each of `choices`, less what it gives them for an empty
 * text if `calibrate` (Zhao et al. 2021); below `abstain_below` no label is named. choice: one of `choices`, generated.
 * json: `fields`. text: anything. word_chain: a move of the game, with the words in the file `dictionary` beside the
 * card.
 */
export interface Output {
  type: 'label' | 'text' | 'json' | 'choice' | 'word_chain'
  choices: string[]
  fields: OutputField[]
  dictionary: string | null
  calibrate: boolean
  abstain_below: number | null
}

/** One text of a JSON answer. letters: what it may be written with, as the inside of a regular expression's [ ]. */
export interface OutputField {
  name: string
  title: Both
  max_chars: number
  min_chars: number
  letters: string | null
}

/** A token as the lens shows it: text where it is whole characters, U+FFFD for parts, and its bytes. */
export interface Piece {
  id: number
  text: string
  bytes: number[]
}

/** A label and the version under it. */
export interface PromptLabel {
  name: string
  n: number
}

/** A page of a list. next: what `after` is for the next page; None at the end. */
export interface PromptPage {
  prompts: PromptRow[]
  next: string | null
}

/** A prompt in a list. n: its newest version. deleted: since when it is in the trash. */
export interface PromptRow {
  id: string
  title: string
  created: string
  updated: string
  n: number
  first_line: string
  deleted: string | null
  labels: PromptLabel[]
}

/** One version with its body. parent: the version before it. sha256: of the body as canonical JSON. */
export interface PromptVersion {
  n: number
  body: Record<string, unknown>
  message: string
  parent: number | null
  sha256: string
  created: string
}

/** How many documents were dropped for a reason that is counted first. */
export interface ReasonCount {
  reason: string
  documents: number
}

/** The role of a new account. */
export interface RoleAsked {
  role: 'viewer' | 'editor' | 'operator' | 'owner'
}

/** A run with all of its stages, and which of its pages there are. */
export interface RunDetail {
  name: string
  stages: StageDetail[]
  has_report: boolean
  has_loss: boolean
  has_corpus: boolean
}

/** All runs of the studio's folder. */
export interface RunList {
  runs: RunSummary[]
}

/** A run in one line of a list. updated: when something was last written, seconds since 1970. */
export interface RunSummary {
  name: string
  stages: Stage[]
  finished: boolean
  updated: number | null
}

/** A prompt with its newest version. */
export interface SavedPrompt {
  id: string
  title: string
  created: string
  updated: string
  n: number
  first_line: string
  deleted: string | null
  labels: PromptLabel[]
  version: PromptVersion
}

/** A measure that a step took of a document. */
export interface Score {
  name: string
  value: string | number | boolean | null
}

/** A text to score. top: how many alternatives to show at each place. */
export interface ScoreBody {
  text: string
  top?: number
}

/** A token of a text, and what else was likely in its place. */
export interface ScoredPiece {
  id: number
  text: string
  bytes: number[]
  logprob: number | null
  top: LikelyPiece[]
}

/** A text as the model finds it. bits_per_byte leaves the first token out; None for a text of one token. */
export interface Scores {
  tokens: ScoredPiece[]
  bits_per_byte: number | null
}

/** A name and a password. */
export interface SignIn {
  name: string
  password: string
}

/** Where an answer was asked: a saved prompt and its version, or what was being written. */
export interface Source {
  prompt?: string | null
  version?: number | null
  draft?: string | null
  column?: number | null
}

/** The kept documents of a source, as KindCount. */
export interface SourceCount {
  source: string
  documents: number
  text_bytes: number | null
}

/** A stage in one line. finished_at: seconds since 1970; code: the version that made it. None before its end. */
export interface Stage {
  name: 'corpus' | 'tokenizer' | 'tokens' | 'train' | 'model' | 'report'
  status: 'finished' | 'unfinished' | 'absent'
  seconds: number | null
  finished_at: number | null
  code: string | null
}

/** A stage with the tables of its manifest, empty where it has none yet. */
export interface StageDetail {
  name: 'corpus' | 'tokenizer' | 'tokens' | 'train' | 'model' | 'report'
  status: 'finished' | 'unfinished' | 'absent'
  seconds: number | null
  finished_at: number | null
  code: string | null
  config: Record<string, unknown>
  counts: Record<string, unknown>
  inputs: Record<string, unknown>
  outputs: Record<string, unknown>
}

/** What can be started here. runs: the names of those that are there already. */
export interface Startable {
  commands: string[]
  recipes: JobRecipe[]
  runs: string[]
}

/** A text to look at. */
export interface TextBody {
  text: string
}

/** The answer of a card that writes. */
export interface TextOutput {
  text: string
}

/** A token of an answer. */
export interface Token {
  text: string
  logprob: number
  top: Alternative[]
}

/** A text cut into tokens. tokens: how many; pieces: the first MAX_PIECES of them. */
export interface Tokens {
  tokens: number
  pieces: Piece[]
}

/** What a card tells on its way. */
export interface Told {
  start: CardStart | null
  progress: CardProgress | null
}

/** Whether a reason to drop fired. */
export interface Verdict {
  reason: string
  fired: boolean
}

/** A page of versions, the newest first. next: what `before` is for the next page; None at the end. */
export interface VersionPage {
  versions: VersionRow[]
  next: number | null
}

/** A version in a list. labels: those that stand on it. */
export interface VersionRow {
  n: number
  message: string
  parent: number | null
  sha256: string
  created: string
  labels: string[]
}

/** What each route of the studio answers. */
export interface Replies {
  'GET /api/about': About
  'POST /api/tokens': Tokens
  'POST /api/score': Scores
  'POST /api/answers': Begun
  'GET /api/answers': AnswerList
  'POST /api/answers/{answer_id}/again': Begun
  'GET /api/events': AnswerEvent
  'POST /api/answers/{answer_id}/stop': void
  'GET /api/answers/export': void
  'GET /api/answers/{answer_id}': AnswerDetail
  'DELETE /api/answers/{answer_id}': void
  'POST /api/answers/{answer_id}/restore': void
  'GET /api/cards': CardList
  'GET /api/cards/{card_id}': Card
  'GET /api/runs': RunList
  'GET /api/runs/{run}': RunDetail
  'GET /api/runs/{run}/loss': Loss
  'GET /api/runs/{run}/report': void
  'GET /api/runs/{run}/{stage}/report.html': void
  'GET /api/runs/{run}/corpus': Corpus
  'GET /api/runs/{run}/documents': DocumentList
  'GET /api/runs/{run}/documents/{document_id}': DocumentDetail
  'GET /api/prompts': PromptPage
  'POST /api/prompts': SavedPrompt
  'GET /api/prompts/{prompt_id}': SavedPrompt
  'PUT /api/prompts/{prompt_id}': SavedPrompt
  'DELETE /api/prompts/{prompt_id}': void
  'POST /api/prompts/{prompt_id}/restore': SavedPrompt
  'GET /api/prompts/{prompt_id}/versions': VersionPage
  'POST /api/prompts/{prompt_id}/versions': SavedPrompt
  'GET /api/prompts/{prompt_id}/versions/{n}': PromptVersion
  'PUT /api/prompts/{prompt_id}/labels/{label}': SavedPrompt
  'DELETE /api/prompts/{prompt_id}/labels/{label}': SavedPrompt
  'POST /api/fit': Fit
  'GET /api/jobs': JobPage
  'POST /api/jobs': JobDetail
  'GET /api/jobs/startable': Startable
  'GET /api/jobs/form': JobForm
  'POST /api/jobs/words': JobWords
  'POST /api/jobs/plan': JobPlan
  'GET /api/jobs/{job_id}': JobDetail
  'GET /api/jobs/{job_id}/log': JobLog
  'GET /api/jobs/{job_id}/log.txt': void
  'POST /api/jobs/{job_id}/stop': JobDetail
  'POST /api/jobs/{job_id}/again': JobDetail
  'GET /api/session': Me
  'POST /api/session': void
  'DELETE /api/session': void
  'POST /api/people/first': void
  'POST /api/people/join': void
  'GET /api/people': Members
  'PUT /api/people/{person_id}': Member
  'GET /api/invitations': Invitations
  'POST /api/invitations': NewInvitation
  'DELETE /api/invitations/{invitation_id}': void
  'GET /api/audit': Audit
}
