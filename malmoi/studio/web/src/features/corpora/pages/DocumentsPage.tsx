import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { CorpusFrame } from '../CorpusFrame'
import { DocumentFilters } from '../DocumentFilters'
import { DocumentTable } from '../DocumentTable'
import { DocumentWindow } from '../DocumentWindow'
import type { DocumentsSearch } from '../search'

const ADDRESS = '/corpora/$run/documents/{-$id}'

/** The documents of a corpus, kept and dropped. Filter, place and the open document stand in the address. */
export default function DocumentsPage() {
  const { run: asked, id } = useParams({ from: ADDRESS })
  const search = useSearch({ from: ADDRESS })
  const navigate = useNavigate()
  const show = (run: string, next: DocumentsSearch) => void navigate({ to: ADDRESS, params: { run }, search: next })
  const open = (run: string, document: string | undefined) =>
    void navigate({ to: ADDRESS, params: { run, id: document }, search })
  return (
    <CorpusFrame run={asked} place="documents">
      {(run, corpus) => (
        <>
          {/* Another filter begins at its first page. */}
          <DocumentFilters
            corpus={corpus}
            search={search}
            onChange={(part) => show(run, { ...search, ...part, after: undefined })}
          />
          <DocumentTable
            run={run}
            search={search}
            onOpen={(document) => open(run, document)}
            onPage={(after) => show(run, { ...search, after })}
          />
          <DocumentWindow run={run} id={id ?? null} onClose={() => open(run, undefined)} />
        </>
      )}
    </CorpusFrame>
  )
}
