import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A page of the account's form. */
function page(name) {
    return [
        {
            content: `open the page ${name}`,
            trigger: `.o_form_view .nav-link[name='${name}']`,
            run: "click",
        },
        { trigger: `.o_form_view .nav-link.active[name='${name}']` },
    ];
}

// From the account to what was changed on the channel: two rows are decided at once, one alone.
tours.add("test_marketplace_edits", {
    steps: () => [
        ...page("what"),
        {
            content: "whose value counts is said here",
            trigger: ".o_form_view .o_field_widget[name='edit_policy'] input:checked",
        },
        ...page("health"),
        {
            content: "look at the webhooks",
            trigger: ".o_form_view button[name='action_check_webhooks']",
            run: "click",
        },
        {
            content: "one was missing and is mended",
            trigger: ".o_notification:contains('they are subscribed again')",
        },
        {
            content: "it is listed",
            trigger: ".o_field_widget[name='subscription_ids'] .o_data_row:contains('ORDERS')",
        },
        {
            content: "the version stands beside it",
            trigger: ".o_field_widget[name='api_versions']:contains('Fake 1')",
        },
        {
            content: "open what a person must decide",
            trigger: ".o_form_view button[name='action_open_foreign_edits']:contains('3')",
            run: "click",
        },
        {
            content: "both values are shown",
            trigger:
                ".o_list_view .o_data_row:contains('Milk'):contains('Cheap milk') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "a second one",
            trigger: ".o_list_view .o_data_row:contains('Cheap tea') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "take both over",
            trigger: ".o_control_panel button[name='action_take_channel']",
            run: "click",
        },
        {
            content: "one is left: keep Odoo's",
            trigger: ".o_list_view tbody:not(:has(.o_data_row + .o_data_row)) button[name='action_keep_odoo']",
            run: "click",
        },
        {
            content: "nothing is left to decide",
            trigger: ".o_list_view .o_nocontent_help, .o_view_nocontent",
        },
    ],
});

// A manager sends a buyer's file and says so.
tours.add("test_marketplace_privacy", {
    steps: () => [
        {
            content: "the request waits",
            trigger: ".o_list_view .o_data_row:contains('P-1') .o_data_cell[name='external_id']",
            run: "click",
        },
        {
            content: "its file is there",
            trigger: ".o_form_view .o_field_widget[name='attachment_id']:contains('privacy-')",
        },
        {
            content: "the buyer has it",
            trigger: ".o_form_view button[name='action_sent']",
            run: "click",
        },
        {
            content: "done, by whom",
            trigger: ".o_form_view .o_field_widget[name='done_by_id']:contains('tour-keeper')",
        },
    ],
});
