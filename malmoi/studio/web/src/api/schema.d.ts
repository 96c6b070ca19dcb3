// Written by `make schema` out of the server's routes (malmoi/studio/api_schema.py). Do not edit.
// Every field of a reply is always there; a field with a default in a request may be left out.

/** What this studio is: its version, the model it serves (None for none), and the limits of its forms. */
export interface About {
  version: string
  model: Description | null
  limits: Limits
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
 * of them may be said. logprobs: it tells how probable each chosen token was. cannot: fields of a Request that it has
 * no way for.
 */
export interface Capabilities {
  top_logprobs: number
  prompt_logprobs: boolean
  guides: string[]
  adapters: boolean
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

/** The next characters of the answer. */
export interface CardDelta {
  type: 'delta'
  text: string
}

/** Nothing comes after this one. */
export interface CardDone {
  type: 'done'
}

/** The run failed; `error` is the one shape of errors (malmoi/serve/http_errors.py). */
export interface CardFailure {
  type: 'error'
  error: Record<string, unknown>
}

/** All cards that the studio has. */
export interface CardList {
  cards: Card[]
}

/** How many of the choices have been scored. */
export interface CardProgress {
  type: 'progress'
  done: number
  total: number
}

/** The answer. finish: why it ended, None where no model was needed. */
export interface CardResult {
  type: 'result'
  output: LabelOutput | JsonOutput | ChoiceOutput | TextOutput | ChainOutput
  finish: string | null
  tokens: number
  seconds: number
}

/** The prompt as the model gets it. shots: how many of the card's examples fitted; seed: repeats the answer. */
export interface CardStart {
  type: 'start'
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

/** What pages call reasons, kinds and types of personal data, by the names that the server uses. */
export interface CorpusLabels {
  reason: Record<string, Both>
  kind: Record<string, Both>
  masked: Record<string, Both>
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

/** What the sliders say, where they differ from the card's own. */
export interface DecodingBody {
  temperature?: number | null
  top_p?: number | null
  top_k?: number | null
  repetition_penalty?: number | null
  max_tokens?: number | null
  seed?: number | null
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
 * all that is known of the source. judgements: empty where no rule could be read.
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
  judgements: Judgement[]
}

/** One page of documents. total: of all pages. */
export interface DocumentList {
  documents: CorpusDocument[]
  page: number
  size: number
  total: number
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

/** What a person asks for. changes: settings by their key; options: by their name, true for a flag. */
export interface FilledForm {
  command: string
  recipe: string
  run: string
  changes?: Record<string, unknown>
  options?: Record<string, unknown>
}

/** The form of a command with a recipe. */
export interface Form {
  command: string
  recipe: string
  run: string
  groups: FormGroup[]
  options: FormField[]
}

/** A setting, or an option, of a form (fields.py). */
export interface FormField {
  key: string
  type: 'int' | 'float' | 'text' | 'bool' | 'choice' | 'texts' | 'numbers' | 'flag'
  choices: string[]
  value: unknown
  default: unknown
  about: string
}

/** The settings of one table of the recipe. about: what its dataclass says, in English. */
export interface FormGroup {
  name: string
  about: string
  fields: FormField[]
}

/** notice: shown beside the answer. blocked_words: refused in inputs; an answer ends before one of them. */
export interface Guards {
  notice: Both | null
  blocked_words: string[]
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

/** A job in a list. Times are seconds since 1970. goes_on_at: when one that is "waiting" is started again. */
export interface Job {
  id: string
  run: string
  owner: string
  command: string[]
  state: 'queued' | 'starting' | 'running' | 'stopping' | 'waiting' | 'stopped' | 'finished' | 'failed' | 'lost'
  since: number
  submitted_at: number
  attempt: number
  exit_code: number | null
  goes_on_at: number | null
  progress: Progress | null
}

/** One job. line: what was run, as a shell would take it. alive_at: its last sign of life. */
export interface JobDetail {
  id: string
  run: string
  owner: string
  command: string[]
  state: 'queued' | 'starting' | 'running' | 'stopping' | 'waiting' | 'stopped' | 'finished' | 'failed' | 'lost'
  since: number
  submitted_at: number
  attempt: number
  exit_code: number | null
  goes_on_at: number | null
  progress: Progress | null
  argv: string[]
  line: string
  process: Process | null
  alive_at: number | null
  log_bytes: number
}

/** A page of jobs, the newest first. next: what `after` must be for the page behind it; None at the end. */
export interface Jobs {
  jobs: Job[]
  next: string | null
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

/** A part of a log; next: the byte to go on from. */
export interface LogPart {
  text: string
  start: number
  next: number
  size: number
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

/** What the command itself says that it would do. wrong: what it would refuse, in its own words. */
export interface Plan {
  text: string
  wrong: string
}

/** A process by its machine and number. */
export interface Process {
  host: string
  pid: number
}

/** How far a job's present work is, in any unit. since, since_done: when this label began, and how far it was. */
export interface Progress {
  label: string
  done: number
  total: number
  since: number
  since_done: number
  time: number
}

/** A prompt as it is saved. */
export interface PromptBody {
  title: string
  body: Record<string, unknown>
}

/** The saved prompts. */
export interface PromptList {
  prompts: SavedPrompt[]
}

/** How many documents were dropped for a reason that is counted first. */
export interface ReasonCount {
  reason: string
  documents: number
}

/** A recipe by the name of its file. run: the name of the run that it is for. */
export interface Recipe {
  name: string
  run: string
}

/** One run of a card: a value for each input of its form. */
export interface RunBody {
  inputs: Record<string, unknown>
  decoding?: DecodingBody
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

/** A prompt as it was saved. Times are ISO 8601 in UTC. */
export interface SavedPrompt {
  id: string
  title: string
  body: Record<string, unknown>
  created: string
  updated: string
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
  recipes: Recipe[]
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

/** A text cut into tokens. tokens: how many; pieces: the first MAX_PIECES of them. */
export interface Tokens {
  tokens: number
  pieces: Piece[]
}

/** Whether a reason to drop fired. */
export interface Verdict {
  reason: string
  fired: boolean
}

/** The words of a command. line: the same as a shell would take them. busy: jobs of that run that are at work. */
export interface Words {
  argv: string[]
  line: string
  busy: string[]
}

/** What each route of the studio answers. */
export interface Replies {
  'GET /api/about': About
  'POST /api/tokens': Tokens
  'POST /api/score': Scores
  'GET /api/cards': CardList
  'GET /api/cards/{card_id}': Card
  'POST /api/cards/{card_id}/run': CardStart | CardProgress | CardDelta | CardResult | CardDone | CardFailure
  'GET /api/runs': RunList
  'GET /api/runs/{run}': RunDetail
  'GET /api/runs/{run}/loss': Loss
  'GET /api/runs/{run}/report': void
  'GET /api/runs/{run}/{stage}/report.html': void
  'GET /api/runs/{run}/corpus': Corpus
  'GET /api/runs/{run}/documents': DocumentList
  'GET /api/runs/{run}/documents/{document_id}': DocumentDetail
  'GET /api/prompts': PromptList
  'POST /api/prompts': SavedPrompt
  'GET /api/prompts/{prompt_id}': SavedPrompt
  'PUT /api/prompts/{prompt_id}': SavedPrompt
  'DELETE /api/prompts/{prompt_id}': void
  'GET /api/jobs': Jobs
  'POST /api/jobs': JobDetail
  'GET /api/jobs/startable': Startable
  'GET /api/jobs/form': Form
  'POST /api/jobs/words': Words
  'POST /api/jobs/plan': Plan
  'GET /api/jobs/{job_id}': JobDetail
  'GET /api/jobs/{job_id}/log': LogPart
  'GET /api/jobs/{job_id}/log.txt': void
  'POST /api/jobs/{job_id}/stop': JobDetail
  'POST /api/jobs/{job_id}/again': JobDetail
}
