/** The table of all addresses. A page that is added is one row here and one file, features/<area>/pages/<Page>.tsx.
 *
 * - `path`: `$name` is a part that changes: `useParams({ from: '/runs/$run' })` gives `{ run: string }`. `{-$name}` may
 *   be absent: the page stays mounted when it comes and goes, so a window over a page is the same row as the page.
 * - `page`: the file, loaded when it is first opened; its default export is the page without props. It draws
 *   `<Page title=…>` of ui/Page, which brings the frame.
 * - `title`: a key of the words, shown in the rail, in the browser's tab while the page loads, and by Ctrl+K.
 * - `rail`: the group and the icon in the rail; rows without it are reached from another page.
 * - `area`: which place of the rail it belongs to, where its address does not begin with that: /r/$answer is in /history.
 * - `role`: who may open it, the least role that is enough.
 * - `search`: what the query may say, as a function that makes of any words an object of the values that hold
 *   (text/search.ts has the parts). `useSearch({ from })` gives that object, `<Link to=… search={…}>` asks for it.
 *
 * What opens over a page or filters it keeps the place that is read: `<Link resetScroll={false}>`, and so for navigate.
 * A link from a page to the list above it takes `activeOptions={{ exact: true }}`: else it is called the current page.
 * Links are `<Link to="/runs/$run" params={{ run }}>` of @tanstack/react-router; a wrong path, a part that is missing or
 * a query that the row does not know is an error of the build. `npm run build` writes the paths beside the bundle, so
 * that the server knows which addresses exist (addresses.json): nothing else has to be told of a new row.
 */
import type { Key } from '../i18n/language'
import type { IconName } from '../ui/Icon'
import { historySearch } from '../features/history/search'
import { documentsSearch } from '../features/corpora/search'
import { runSearch } from '../features/runs/search'
import { playSearch, promptsSearch, versionsSearch } from '../features/prompts/search'
import { taskSearch } from '../features/tasks/search'
import { newJobSearch } from '../features/jobs/search'
import { signInSearch } from '../features/people/search'

export const GROUPS = ['start', 'try', 'data', 'model', 'operation'] as const
export type Group = (typeof GROUPS)[number]

export const ROLES = ['viewer', 'editor', 'operator', 'owner'] as const
export type Role = (typeof ROLES)[number]

export interface Row {
  path: string
  page: () => Promise<unknown>
  title: Key
  role: Role
  area?: string
  rail?: { group: Group; icon: IconName }
  search?: (words: Record<string, unknown>) => object
}

// prettier-ignore
export const ROUTES = [
  { path: '/', page: () => import('../features/home/pages/Home'), title: 'home.title', role: 'viewer', rail: { group: 'start', icon: 'home' } },
  { path: '/prompts', page: () => import('../features/prompts/pages/PromptsPage'), title: 'prompts.title', role: 'viewer', rail: { group: 'try', icon: 'save' }, search: promptsSearch },
  { path: '/prompts/$prompt', page: () => import('../features/prompts/pages/PromptPage'), title: 'prompts.title', role: 'viewer' },
  { path: '/prompts/$prompt/versions', page: () => import('../features/prompts/pages/VersionsPage'), title: 'prompts.versions', role: 'viewer', search: versionsSearch },
  { path: '/play/{-$draft}', page: () => import('../features/prompts/pages/PlayPage'), title: 'rail.playground', role: 'editor', rail: { group: 'try', icon: 'playground' }, search: playSearch },
  { path: '/tasks', page: () => import('../features/tasks/pages/CardList'), title: 'rail.cards', role: 'viewer', rail: { group: 'try', icon: 'cards' } },
  { path: '/tasks/$card', page: () => import('../features/tasks/pages/CardRun'), title: 'rail.cards', role: 'editor', search: taskSearch },
  { path: '/history', page: () => import('../features/history/pages/HistoryPage'), title: 'history.title', role: 'viewer', rail: { group: 'try', icon: 'history' }, search: historySearch },
  { path: '/r/$answer', page: () => import('../features/history/pages/AnswerPage'), title: 'history.answer', role: 'viewer', area: '/history' },
  { path: '/corpora', page: () => import('../features/corpora/pages/CorpusPage'), title: 'rail.corpus', role: 'viewer', rail: { group: 'data', icon: 'corpus' } },
  { path: '/corpora/$run', page: () => import('../features/corpora/pages/CorpusPage'), title: 'rail.corpus', role: 'viewer' },
  { path: '/corpora/$run/documents/{-$id}', page: () => import('../features/corpora/pages/DocumentsPage'), title: 'rail.corpus', role: 'viewer', search: documentsSearch },
  { path: '/runs', page: () => import('../features/runs/pages/RunsPage'), title: 'rail.runs', role: 'viewer', rail: { group: 'model', icon: 'runs' }, search: runSearch },
  { path: '/runs/$run', page: () => import('../features/runs/pages/RunsPage'), title: 'rail.runs', role: 'viewer', search: runSearch },
  { path: '/jobs', page: () => import('../features/jobs/pages/Jobs'), title: 'jobs.title', role: 'viewer', rail: { group: 'operation', icon: 'jobs' } },
  { path: '/jobs/new', page: () => import('../features/jobs/pages/NewJob'), title: 'jobs.new', role: 'operator', search: newJobSearch },
  { path: '/jobs/$job', page: () => import('../features/jobs/pages/OneJob'), title: 'jobs.title', role: 'viewer' },
  { path: '/admin/people', page: () => import('../features/people/pages/People'), title: 'people.title', role: 'owner', rail: { group: 'operation', icon: 'people' } },
  { path: '/sign-in', page: () => import('../features/people/pages/SignIn'), title: 'people.sign_in', role: 'viewer', search: signInSearch },
  { path: '/welcome', page: () => import('../features/people/pages/Welcome'), title: 'people.welcome', role: 'viewer' },
] as const satisfies readonly Row[]

/** Addresses of earlier versions, in people's bookmarks. The query goes along. */
// prettier-ignore
export const OLD_ROUTES = [
  { path: '/playground', to: '/play/{-$draft}' },
  { path: '/cards', to: '/tasks' },
  { path: '/cards/$card', to: '/tasks/$card' },
  { path: '/corpus', to: '/corpora' },
  { path: '/corpus/$run', to: '/corpora/$run' },
] as const satisfies readonly { path: string; to: (typeof ROUTES)[number]['path'] }[]
