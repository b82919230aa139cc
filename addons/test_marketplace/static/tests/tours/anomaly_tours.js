import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// From the dashboard's banner to the listings, and from the account's banner to sending anyway.
tours.add("test_marketplace_anomaly", {
    steps: () => [
        {
            content: "the dashboard says in words what would happen",
            trigger:
                ".o_kanban_record .o_marketplace_held:contains('30 of 30 products would be shown as sold out.')",
        },
        {
            content: "look at them",
            trigger: ".o_kanban_record .o_marketplace_held button[name='action_look_at_held']",
            run: "click",
        },
        {
            content: "the listings are listed with what the channel shows and what it would be told",
            trigger: ".o_list_view .o_data_row:contains('Wiped 7')",
        },
        {
            content: "back to the dashboard",
            trigger: ".o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "open the account",
            trigger: ".o_kanban_record:has(.o_marketplace_held) a[type='open'], .o_kanban_record:has(.o_marketplace_held) a.fs-4",
            run: "click",
        },
        {
            content: "the same banner",
            trigger: ".o_form_view div[name='held_stock']:contains('30 of 30 products')",
        },
        {
            content: "it is meant",
            trigger: ".o_form_view div[name='held_stock'] button[name='action_send_anyway']",
            run: "click",
        },
        {
            content: "say so once more",
            trigger: ".modal:contains('Your name is kept with it') .btn-primary",
            run: "click",
        },
        {
            content: "the banner is gone",
            trigger: ".o_form_view:not(:has(div[name='held_stock']:visible))",
        },
        {
            content: "who decided stands in the account's history",
            trigger: ".o-mail-Message:contains('sent it anyway: 30 of 30')",
        },
    ],
});
