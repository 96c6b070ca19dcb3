import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { loadedPage } from '../shell/loadedPage'
import { ErrorPage } from '../shell/ErrorPage'
import { Pending } from '../shell/Pending'
import { readQuery, writeQuery } from '../text/search'
import { Layout, NotHere } from './Layout'
import { OLD_ROUTES, ROUTES, type Row } from './routes'

type Words = Record<string, unknown>
type Search = (words: Words) => object

const root = createRootRoute({ component: Layout, notFoundComponent: NotHere })

/** The router's own object of a row of the table. The types of path and query are taken over as they stand there. */
function routeOf<const P extends string, S extends Search>(
  row: { path: P; page: Row['page']; title: Row['title']; area?: string } & { search?: S },
) {
  return createRoute({
    getParentRoute: () => root,
    path: row.path,
    validateSearch: (row.search ?? noSearch) as S,
    component: lazyRouteComponent(loadedPage(row.page as () => Promise<{ default: ComponentType }>)),
    pendingComponent: () => <Pending title={row.title} />,
    staticData: { area: row.area },
  })
}

const noSearch = () => ({})

type SearchOf<R> = R extends { search: infer S extends Search } ? S : typeof noSearch
type RoutesOf<T extends readonly Row[]> = {
  -readonly [I in keyof T]: ReturnType<typeof routeOf<T[I]['path'], SearchOf<T[I]>>>
}

const pages = ROUTES.map((row: Row) => routeOf(row)) as unknown as RoutesOf<typeof ROUTES>

const old = OLD_ROUTES.map(({ path, to }) =>
  createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: ({ params, search }) => {
      throw redirect({ to, params, search, replace: true } as never)
    },
  }),
)

export const router = createRouter({
  // The old addresses are no part of the types: no link may lead to them.
  routeTree: root.addChildren([...pages, ...(old as unknown as [])]),
  parseSearch: readQuery,
  stringifySearch: writeQuery,
  scrollRestoration: true,
  // Each page begins at its top; the router would hand the place of one page on to the next.
  scrollToTopSelectors: ['[data-scroll-restoration-id]'],
  defaultErrorComponent: ErrorPage,
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface StaticDataRouteOption {
    area?: string | undefined
  }
}
