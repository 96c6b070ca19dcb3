import type { QueryClient } from '@tanstack/react-query'
import { getJson } from '../api/client'
import { cards, promptsOf, runs } from '../api/queries'
import type { AnswerList, DocumentList, RunSummary } from '../api/schema'
import type { Translate } from '../i18n/language'
import type { Finder, Found } from '../shell/commandPalette/found'
import { contains } from '../text/contains'
import { writeQuery } from '../text/search'
import { ROUTES, type Row } from './routes'

const MOST = 8

interface Words {
  t: Translate
  pick: (text: { ko: string; en: string }) => string
}

/** What Ctrl+K finds: one row for each kind of thing. A finder asks the server only when the palette is open. */
export function finders(client: QueryClient, { t, pick }: Words): Finder[] {
  const rows: readonly Row[] = ROUTES
  const pages = rows
    .filter(({ path }) => !path.includes('$'))
    .map(({ path, title }) => ({ id: path, name: t(title), to: path }))
  return [
    { id: 'pages', title: t('palette.pages'), find: (asked) => fitting(pages, asked) },
    {
      id: 'tasks',
      title: t('rail.cards'),
      find: async (asked) => {
        const list = await client.fetchQuery(cards())
        const found = list.map(({ id, title, description }) => ({
          id,
          name: pick(title),
          note: pick(description),
          to: `/tasks/${encodeURIComponent(id)}`,
        }))
        return asked === '' ? [] : fitting(found, asked)
      },
    },
    {
      id: 'prompts',
      title: t('prompts.title'),
      find: async (asked) => {
        // The server finds them by all of their words, not by their names alone.
        const { prompts } = await client.fetchQuery(promptsOf(asked, MOST))
        return prompts.map(({ id, title, first_line }) => ({
          id,
          name: title,
          note: first_line,
          to: `/prompts/${encodeURIComponent(id)}`,
        }))
      },
    },
    {
      id: 'runs',
      title: t('rail.runs'),
      find: async (asked) => {
        const list = await client.fetchQuery(runs())
        return fitting(
          list.map(({ name }) => ({ id: name, name, to: `/runs/${encodeURIComponent(name)}` })),
          asked,
        )
      },
    },
    {
      id: 'answers',
      title: t('history.title'),
      find: async (asked, signal) => {
        if (asked === '') return []
        const { answers } = await getJson<AnswerList>(`/api/answers${writeQuery({ q: asked, size: MOST })}`, { signal })
        return answers.map(({ id, asked: question, text, at }) => ({
          id,
          name: beginning(question || text),
          note: at.slice(0, 10),
          to: `/r/${encodeURIComponent(id)}`,
        }))
      },
    },
    {
      id: 'documents',
      title: t('corpus.documents'),
      find: async (asked, signal) => {
        const run = asked === '' ? undefined : (await client.fetchQuery(runs())).find(hasCorpus)?.name
        if (run === undefined) return []
        const corpus = `/runs/${encodeURIComponent(run)}/documents`
        const query = writeQuery({ q: asked, size: MOST })
        const { documents } = await getJson<DocumentList>(`/api${corpus}${query}`, { signal })
        return documents.flatMap(({ id, title, origin }) =>
          id === null
            ? []
            : [
                {
                  id,
                  name: title ?? origin?.file ?? id,
                  note: run,
                  to: `/corpora${corpus.slice(5)}/${encodeURIComponent(id)}`,
                },
              ],
        )
      },
    },
  ]
}

function hasCorpus({ stages }: RunSummary): boolean {
  return stages.some(({ name, status }) => name === 'corpus' && status === 'finished')
}

/** As much of a text as tells it from others. */
function beginning(text: string): string {
  return text.trim().slice(0, 80)
}

function fitting(all: Found[], asked: string): Found[] {
  return all.filter(({ name, note }) => contains(`${name} ${note ?? ''}`, asked)).slice(0, MOST)
}
